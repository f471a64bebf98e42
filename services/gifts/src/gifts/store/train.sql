-- Trains. Whoever changes one holds the lock of its room.

-- name: rules_in_force
-- $1 at
SELECT
    version,
    effective_from,
    difficulty,
    starters,
    window_s,
    qualifying_coins,
    length_s,
    cooldown_s,
    targets
FROM train_rules
WHERE effective_from <= $1
ORDER BY effective_from DESC
LIMIT 1;

-- name: select_platforms
-- Of each room that ever had a gift which may start a train: those gifts, and its newest train.
-- $1 room_ids
SELECT
    p.room_id,
    p.sparks,
    t.train_id,
    t.started_at,
    t.expires_at,
    t.progress,
    t.level,
    t.gifts,
    t.ended_at,
    t.begin_told,
    t.end_told,
    r.version,
    r.effective_from,
    r.difficulty,
    r.starters,
    r.window_s,
    r.qualifying_coins,
    r.length_s,
    r.cooldown_s,
    r.targets
FROM room_train AS p
LEFT JOIN train AS t ON p.train_id = t.train_id
LEFT JOIN train_rules AS r ON t.rules_version = r.version
WHERE p.room_id = any($1::uuid[]);

-- name: upsert_platforms
-- $1 room_ids, $2 train_ids, $3 sparks
INSERT INTO room_train AS p (room_id, train_id, sparks)
SELECT
    room_id,
    train_id,
    sparks
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS i (room_id, train_id, sparks)
ON CONFLICT (room_id) DO UPDATE
    SET
        train_id = excluded.train_id,
        sparks = excluded.sparks;

-- name: upsert_trains
-- $1 train_ids, $2 room_ids, $3 rules' versions, $4 started_at, $5 expires_at, $6 progress, $7 levels,
-- $8 newest numbers, $9 ended_at, $10 whether the begin is told, $11 and the end
INSERT INTO train AS t (
    train_id,
    room_id,
    rules_version,
    started_at,
    expires_at,
    progress,
    level,
    gifts,
    ended_at,
    begin_told,
    end_told
)
SELECT
    train_id,
    room_id,
    rules_version,
    started_at,
    expires_at,
    progress,
    level,
    gifts,
    ended_at,
    begin_told,
    end_told
FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::bigint[],
    $7::integer[], $8::integer[], $9::timestamptz[], $10::boolean[], $11::boolean[]
) AS i (
    train_id, room_id, rules_version, started_at, expires_at, progress, level, gifts, ended_at,
    begin_told, end_told
)
ON CONFLICT (train_id) DO UPDATE
    SET
        expires_at = excluded.expires_at,
        progress = excluded.progress,
        level = excluded.level,
        gifts = excluded.gifts,
        ended_at = excluded.ended_at,
        begin_told = excluded.begin_told,
        end_told = excluded.end_told;

-- name: insert_gifts
-- $1 train_ids, $2 numbers, $3 gift_ids, $4 user_ids, $5 coins
INSERT INTO train_gift (train_id, seq, gift_id, user_id, coins)
SELECT
    train_id,
    seq,
    gift_id,
    user_id,
    coins
FROM unnest($1::uuid[], $2::text::integer[], $3::uuid[], $4::text::text[], $5::text::bigint[])
    AS i (train_id, seq, gift_id, user_id, coins);

-- name: add_gifters
-- Adds to what gifters have given to trains.
-- $1 train_ids, $2 user_ids, each pair once, $3 coins
INSERT INTO train_gifter AS g (train_id, user_id, coins)
SELECT
    train_id,
    user_id,
    coins
FROM unnest($1::uuid[], $2::text::text[], $3::text::bigint[]) AS i (train_id, user_id, coins)
ON CONFLICT (train_id, user_id) DO UPDATE
    SET coins = g.coins + excluded.coins;

-- name: move_gifters
-- Takes back of it.
-- $1 train_ids, $2 user_ids, each pair once, $3 coins, negative
UPDATE train_gifter AS g
SET coins = g.coins + i.coins
FROM unnest($1::uuid[], $2::text::text[], $3::text::bigint[]) AS i (train_id, user_id, coins)
WHERE g.train_id = i.train_id AND g.user_id = i.user_id;

-- name: select_given
-- The trains that gifts came to.
-- $1 gift_ids
SELECT DISTINCT
    gift_id,
    train_id
FROM train_gift
WHERE gift_id = any($1::uuid[]);

-- name: select_top
-- Who has given most to each train.
-- $1 train_ids, $2 of each at most
SELECT
    i.train_id,
    t.user_id,
    t.coins
FROM unnest($1::uuid[]) AS i (train_id)
CROSS JOIN LATERAL (
    SELECT
        user_id,
        coins
    FROM train_gifter
    WHERE train_id = i.train_id AND coins > 0
    ORDER BY coins DESC, user_id
    LIMIT $2
) AS t
ORDER BY
    i.train_id,
    t.coins DESC,
    t.user_id;

-- name: select_due
-- Rooms whose trains have come to their end, longest waiting first.
-- $1 now, $2 at most
SELECT room_id
FROM train
WHERE ended_at IS NULL AND expires_at <= $1
ORDER BY expires_at
LIMIT $2;
