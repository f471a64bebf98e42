-- Battles. Whoever changes one locks the rows of the rooms that it knows of first, in the order of
-- ids, then battles, in the order of theirs.

-- name: rules_in_force
-- $1 at
SELECT
    r.version,
    r.effective_from,
    r.invitation_s,
    r.decided_after_s,
    r.shown_s,
    r.glove_chance_pct,
    r.glove_multiplier,
    r.glove_s,
    r.mist_s,
    r.time_maker_max_s,
    r.hammer_s,
    r.hit_coins,
    r.combo_coins,
    r.gloves_max,
    r.mists_max,
    r.time_makers_max,
    r.hammers_max
FROM battle_rules AS r
WHERE r.effective_from <= $1
ORDER BY r.effective_from DESC
LIMIT 1;

-- name: insert_battle
-- Proposes a battle, unless its id is taken.
-- $1 battle_id, $2 rules' version, $3 left room_id, $4 left creator_id, $5 right room_id,
-- $6 right creator_id, $7 invited_at, $8 length_s
INSERT INTO battle (
    battle_id,
    rules_version,
    left_room_id,
    left_creator_id,
    right_room_id,
    right_creator_id,
    invited_at,
    length_s
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
RETURNING battle_id;

-- name: select_battles
-- $1 battle_ids
SELECT
    b.battle_id,
    b.left_room_id,
    b.left_creator_id,
    b.right_room_id,
    b.right_creator_id,
    b.invited_at,
    b.length_s,
    b.started_at,
    b.ends_at,
    b.seed,
    b.ended_at,
    b.ended_seq,
    b.left_points,
    b.right_points,
    b.left_later_points,
    b.right_later_points,
    b.left_hits,
    b.right_hits,
    b.left_combos,
    b.right_combos,
    b.left_untold,
    b.right_untold,
    b.events,
    b.due_at,
    r.version,
    r.effective_from,
    r.invitation_s,
    r.decided_after_s,
    r.shown_s,
    r.glove_chance_pct,
    r.glove_multiplier,
    r.glove_s,
    r.mist_s,
    r.time_maker_max_s,
    r.hammer_s,
    r.hit_coins,
    r.combo_coins,
    r.gloves_max,
    r.mists_max,
    r.time_makers_max,
    r.hammers_max
FROM battle AS b
INNER JOIN battle_rules AS r ON b.rules_version = r.version
WHERE b.battle_id = any($1::uuid[]);

-- name: lock_battles
-- In id order.
-- $1 battle_ids
SELECT
    b.battle_id,
    b.left_room_id,
    b.left_creator_id,
    b.right_room_id,
    b.right_creator_id,
    b.invited_at,
    b.length_s,
    b.started_at,
    b.ends_at,
    b.seed,
    b.ended_at,
    b.ended_seq,
    b.left_points,
    b.right_points,
    b.left_later_points,
    b.right_later_points,
    b.left_hits,
    b.right_hits,
    b.left_combos,
    b.right_combos,
    b.left_untold,
    b.right_untold,
    b.events,
    b.due_at,
    r.version,
    r.effective_from,
    r.invitation_s,
    r.decided_after_s,
    r.shown_s,
    r.glove_chance_pct,
    r.glove_multiplier,
    r.glove_s,
    r.mist_s,
    r.time_maker_max_s,
    r.hammer_s,
    r.hit_coins,
    r.combo_coins,
    r.gloves_max,
    r.mists_max,
    r.time_makers_max,
    r.hammers_max
FROM battle AS b
INNER JOIN battle_rules AS r ON b.rules_version = r.version
WHERE b.battle_id = any($1::uuid[])
ORDER BY b.battle_id
FOR NO KEY UPDATE OF b;

-- name: select_newest
-- Of each room the newest battle that began in it.
-- $1 room_ids
SELECT
    i.room_id,
    newest.battle_id
FROM unnest($1::uuid[]) AS i (room_id)
CROSS JOIN LATERAL (
    SELECT b.battle_id
    FROM battle_room AS b
    WHERE b.room_id = i.room_id
    ORDER BY b.started_at DESC
    LIMIT 1
) AS newest;

-- name: select_invitations
-- The battles that a room was asked to, newest first, and that nobody has accepted.
-- $1 room_id, $2 invited since, $3 at most
SELECT battle_id
FROM battle
WHERE
    right_room_id = $1
    AND invited_at > $2
    AND started_at IS NULL
ORDER BY invited_at DESC
LIMIT $3;

-- name: select_due
-- Battles that the clock has to look at, with their rooms, longest waiting first.
-- $1 now, $2 at most
SELECT
    battle_id,
    left_room_id,
    right_room_id
FROM battle
WHERE due_at <= $1
ORDER BY due_at
LIMIT $2;

-- name: insert_battle_rooms
-- $1 room_ids, $2 started_at, $3 battle_id
INSERT INTO battle_room (room_id, started_at, battle_id)
SELECT
    room_id,
    $2,
    $3
FROM unnest($1::uuid[]) AS i (room_id);

-- name: update_battles
-- The caller holds the locks.
-- $1 battle_ids, $2 started_at, $3 ends_at, $4 seeds, $5 ended_at, $6 under which number, $7 winners,
-- $8 to $17 of left and right each: points, later points, hits, combos, untold; $18 newest numbers,
-- $19 due_at
UPDATE battle AS b
SET
    started_at = i.started_at,
    ends_at = i.ends_at,
    seed = i.seed,
    ended_at = i.ended_at,
    ended_seq = i.ended_seq,
    winner = i.winner,
    left_points = i.left_points,
    right_points = i.right_points,
    left_later_points = i.left_later_points,
    right_later_points = i.right_later_points,
    left_hits = i.left_hits,
    right_hits = i.right_hits,
    left_combos = i.left_combos,
    right_combos = i.right_combos,
    left_untold = i.left_untold,
    right_untold = i.right_untold,
    events = i.events,
    due_at = i.due_at
FROM unnest(
    $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bytea[], $5::timestamptz[],
    $6::integer[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
    $12::integer[], $13::integer[], $14::integer[], $15::integer[], $16::boolean[], $17::boolean[],
    $18::integer[], $19::timestamptz[]
) AS i (
    battle_id, started_at, ends_at, seed, ended_at, ended_seq, winner, left_points, right_points,
    left_later_points, right_later_points, left_hits, right_hits, left_combos, right_combos,
    left_untold, right_untold, events, due_at
)
WHERE b.battle_id = i.battle_id;
