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
    due_at,
    look_at
)
VALUES ($1, $2, $3, $4, $5, $5, $5, $5, $6, $7, $8, $9, $9)
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
    streaks_end_at,
    waiting,
    top,
    owes_ends,
    has_battled,
    look_at
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
    streaks_end_at,
    waiting,
    top,
    owes_ends,
    has_battled,
    look_at
FROM room
WHERE room_id = any($1::uuid[])
ORDER BY room_id
FOR UPDATE;

-- name: find_due
-- Whether the clock has to look at any room.
-- $1 now
SELECT true
FROM room
WHERE
    look_at <= $1
    AND due_at <= $1
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
    streaks_end_at,
    waiting,
    top,
    owes_ends,
    has_battled,
    look_at
FROM room
WHERE
    look_at <= $1
    AND due_at <= $1
ORDER BY due_at
LIMIT $2
FOR UPDATE SKIP LOCKED;

-- name: note_battled
-- Their hosts compete, for the first time or again. The caller holds the rooms' locks.
-- $1 room_ids
UPDATE room
SET has_battled = true
WHERE
    room_id = any($1::uuid[])
    AND NOT has_battled;

-- name: update_rooms
-- The caller holds the locks. Times other than those of what is to come change to now, or not.
-- $1 now, $2 room_ids, $3 whether they are active now, $4 closed now, $5 framed now, $6 told now,
-- $7 coins, $8 gifts, $9 gifters, $10 goals reached, $11 when, $12 moves, $13 seqs, $14 untold,
-- $15 when streaks end, $16 what waits, $17 top, $18 whether ends are owed, $19 due_at, $20 look_at,
-- null where it stays
UPDATE room AS r
SET
    active_at = CASE WHEN i.is_active THEN $1::timestamptz ELSE r.active_at END,
    closed_at = CASE WHEN i.is_closing THEN $1 ELSE r.closed_at END,
    framed_at = CASE WHEN i.is_framed THEN $1 ELSE r.framed_at END,
    told_at = CASE WHEN i.is_told THEN $1 ELSE r.told_at END,
    coins = i.coins,
    gifts = i.gifts,
    gifters = i.gifters,
    goal_reached = i.goal_reached,
    goal_reached_at = i.goal_reached_at,
    moves = i.moves,
    seq = i.seq,
    untold = i.untold,
    streaks_end_at = i.streaks_end_at,
    waiting = i.waiting,
    top = i.top,
    owes_ends = i.owes_ends,
    due_at = i.due_at,
    look_at = CASE WHEN i.due_at IS NOT NULL THEN coalesce(i.look_at, r.look_at) END
FROM unnest(
    $2::uuid[], $3::text::boolean[], $4::text::boolean[], $5::text::boolean[],
    $6::text::boolean[], $7::text::bigint[], $8::text::bigint[], $9::text::bigint[],
    $10::text::bigint[], $11::timestamptz[], $12::text::bigint[], $13::text::integer[],
    $14::text::boolean[], $15::timestamptz[], $16::bytea[], $17::bytea[], $18::text::boolean[],
    $19::timestamptz[], $20::timestamptz[]
) AS i (
    room_id, is_active, is_closing, is_framed, is_told, coins, gifts, gifters, goal_reached,
    goal_reached_at, moves, seq, untold, streaks_end_at, waiting, top, owes_ends, due_at, look_at
)
WHERE r.room_id = i.room_id;
