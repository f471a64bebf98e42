-- Rooms. Whoever changes anything of a room locks its row first, and several in the order of ids.

-- name: insert_room
-- Opens a room, unless its id is taken or its host has another one open.
-- $1 room_id, $2 creator_id, $3 title, $4 body hash, $5 opened_at, $6 goal in coins, $7 goal's item,
-- $8 pieces of it, $9 due_at
INSERT INTO room (
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
    due_at
)
VALUES ($1, $2, $3, $4, $5, $5, $5, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING
RETURNING room_id;

-- name: find_room
-- $1 room_id
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
WHERE room_id = $1;

-- name: find_open_room
-- The id of the room that a host has open.
-- $1 creator_id
SELECT room_id
FROM room
WHERE
    creator_id = $1
    AND closed_at IS NULL;

-- name: lock_rooms
-- In id order.
-- $1 room_ids
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
WHERE room_id = any($1::uuid[])
ORDER BY room_id
FOR UPDATE;

-- name: find_due
-- Whether the clock has to look at any room.
-- $1 now
SELECT true
FROM room
WHERE due_at <= $1
LIMIT 1;

-- name: lock_due
-- Rooms that the clock has to look at, those first that have waited longest. What others hold is
-- looked at by whoever holds it, so nobody waits here and the order does not matter.
-- $1 now, $2 rooms at most
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
WHERE due_at <= $1
ORDER BY due_at
LIMIT $2
FOR UPDATE SKIP LOCKED;

-- name: update_rooms
-- The caller holds the locks.
-- $1 room_ids, $2 active_at, $3 closed_at, $4 coins, $5 gifts, $6 gifters, $7 goals reached, $8 when,
-- $9 moves, $10 seqs, $11 framed_at, $12 told_at, $13 untold, $14 when streaks end, $15 due_at
UPDATE room AS r
SET
    active_at = i.active_at,
    closed_at = i.closed_at,
    coins = i.coins,
    gifts = i.gifts,
    gifters = i.gifters,
    goal_reached = i.goal_reached,
    goal_reached_at = i.goal_reached_at,
    moves = i.moves,
    seq = i.seq,
    framed_at = i.framed_at,
    told_at = i.told_at,
    untold = i.untold,
    streaks_end_at = i.streaks_end_at,
    due_at = i.due_at
FROM unnest(
    $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::bigint[], $8::timestamptz[], $9::bigint[], $10::integer[], $11::timestamptz[],
    $12::timestamptz[], $13::boolean[], $14::timestamptz[], $15::timestamptz[]
) AS i (
    room_id, active_at, closed_at, coins, gifts, gifters, goal_reached, goal_reached_at, moves, seq,
    framed_at, told_at, untold, streaks_end_at, due_at
)
WHERE r.room_id = i.room_id;
