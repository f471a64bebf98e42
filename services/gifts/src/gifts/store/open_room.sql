-- The rooms that are open. All of them are read, by an index that has no others, and sorted: 2 to 4 ms of a
-- thousand. An index in this order would be written to with every change of a room, which is what gifts wait for.

-- name: select_open_first
-- Beyond a place, from the newest or the most given to on.
-- $1 whether by gifters, $2 gifters (or 0), $3 opened_at and $4 room_id of the place, null for none, $5 at most
SELECT
    room_id,
    creator_id,
    title,
    body_hash,
    opened_at,
    active_at,
    framed_at,
    told_at,
    goal_coins,
    goal_item_id,
    goal_count,
    closed_at,
    coins,
    gifts,
    gifters,
    goal_reached,
    goal_reached_at,
    moves,
    seq,
    untold,
    streaks_end_at
FROM room
WHERE
    closed_at IS NULL
    AND (
        $2::bigint IS NULL
        OR (CASE WHEN $1 THEN gifters ELSE 0 END, opened_at, room_id) < ($2, $3::timestamptz, $4::uuid)
    )
ORDER BY CASE WHEN $1 THEN gifters ELSE 0 END DESC, opened_at DESC, room_id DESC
LIMIT $5;

-- name: select_open_last
-- Beyond a place, from the other end.
-- $1 whether by gifters, $2 gifters (or 0), $3 opened_at and $4 room_id of the place, null for none, $5 at most
SELECT
    room_id,
    creator_id,
    title,
    body_hash,
    opened_at,
    active_at,
    framed_at,
    told_at,
    goal_coins,
    goal_item_id,
    goal_count,
    closed_at,
    coins,
    gifts,
    gifters,
    goal_reached,
    goal_reached_at,
    moves,
    seq,
    untold,
    streaks_end_at
FROM room
WHERE
    closed_at IS NULL
    AND (
        $2::bigint IS NULL
        OR (CASE WHEN $1 THEN gifters ELSE 0 END, opened_at, room_id) > ($2, $3::timestamptz, $4::uuid)
    )
ORDER BY CASE WHEN $1 THEN gifters ELSE 0 END ASC, opened_at ASC, room_id ASC
LIMIT $5;
