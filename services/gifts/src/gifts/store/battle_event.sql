-- What happened in battles. The caller holds their locks.

-- name: select_touched
-- The battles that were the newest of a room at some time between its first charge and its last one,
-- and those that gifts came to.
-- $1 room_ids, $2 first charged_at, $3 last charged_at, $4 gift_ids
SELECT b.battle_id
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS i (room_id, first_at, last_at)
INNER JOIN battle_room AS b ON i.room_id = b.room_id
WHERE
    b.started_at <= i.last_at
    AND b.started_at >= coalesce(
        (
            SELECT max(n.started_at)
            FROM battle_room AS n
            WHERE n.room_id = i.room_id AND n.started_at <= i.first_at
        ),
        i.first_at
    )
UNION
SELECT battle_id
FROM battle_event
WHERE
    gift_id = any($4::uuid[])
    AND kind = 'given';

-- name: select_given
-- What gifts did for points.
-- $1 gift_ids
SELECT
    battle_id,
    seq,
    kind,
    side,
    gift_id,
    coins,
    multiplier,
    charged_at
FROM battle_event
WHERE
    gift_id = any($1::uuid[])
    AND kind = 'given';

-- name: select_events
-- All that gifts, and what was taken back of them, did to a battle.
-- $1 battle_id
SELECT
    battle_id,
    seq,
    kind,
    side,
    gift_id,
    coins,
    multiplier,
    charged_at
FROM battle_event
WHERE battle_id = $1
ORDER BY seq;

-- name: insert_events
-- $1 battle_ids, $2 numbers, $3 kinds, $4 sides, $5 gift_ids, $6 coins, $7 multipliers, $8 charged_at
INSERT INTO battle_event (battle_id, seq, kind, side, gift_id, coins, multiplier, charged_at)
SELECT
    battle_id,
    seq,
    kind,
    side,
    gift_id,
    coins,
    multiplier,
    charged_at
FROM unnest(
    $1::uuid[], $2::text::integer[], $3::text::text[], $4::text::smallint[], $5::uuid[],
    $6::text::bigint[], $7::text::integer[], $8::timestamptz[]
) AS i (battle_id, seq, kind, side, gift_id, coins, multiplier, charged_at);

-- name: select_power_ups
-- Of battles, in order.
-- $1 battle_ids
SELECT
    battle_id,
    seq,
    power_up_id,
    side,
    kind,
    number,
    used_at,
    from_at,
    until_at
FROM battle_power_up
WHERE battle_id = any($1::uuid[])
ORDER BY
    battle_id,
    number;

-- name: insert_power_up
-- Adds one, unless its id is taken.
-- $1 battle_id, $2 number in the log, $3 power_up_id, $4 side, $5 kind, $6 number, $7 used_at,
-- $8 from_at, $9 until_at
INSERT INTO battle_power_up (
    battle_id,
    seq,
    power_up_id,
    side,
    kind,
    number,
    used_at,
    from_at,
    until_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (power_up_id) DO NOTHING
RETURNING power_up_id;
