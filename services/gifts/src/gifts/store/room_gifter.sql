-- What each gave in a room. The caller holds the rooms' locks.

-- name: add_gifters
-- What gifters have given by now, these coins included.
-- $1 room_ids, $2 user_ids, each pair once, $3 coins, $4 places
INSERT INTO room_gifter AS g (room_id, user_id, coins, place)
SELECT
    room_id,
    user_id,
    coins,
    place
FROM unnest($1::uuid[], $2::text::text[], $3::text::bigint[], $4::text::bigint[])
    AS i (room_id, user_id, coins, place)
ON CONFLICT (room_id, user_id) DO UPDATE
    SET
        coins = g.coins + excluded.coins,
        place = excluded.place
RETURNING room_id, user_id, coins;

-- name: move_gifters
-- What gifters have given by now, less what is taken back.
-- $1 room_ids, $2 user_ids, each pair once, $3 coins, negative where they are taken back, $4 places
UPDATE room_gifter AS g
SET
    coins = g.coins + i.coins,
    place = i.place
FROM unnest($1::uuid[], $2::text::text[], $3::text::bigint[], $4::text::bigint[])
    AS i (room_id, user_id, coins, place)
WHERE g.room_id = i.room_id AND g.user_id = i.user_id
RETURNING g.room_id, g.user_id, g.coins;

-- name: select_top
-- The first gifters of each room: by coins, then by who got there first.
-- $1 room_ids, $2 of each at most
SELECT
    i.room_id,
    t.user_id,
    t.coins,
    t.place
FROM unnest($1::uuid[]) AS i (room_id)
CROSS JOIN LATERAL (
    SELECT
        user_id,
        coins,
        place
    FROM room_gifter
    WHERE
        room_id = i.room_id
        AND coins > 0
    ORDER BY coins DESC, place
    LIMIT $2
) AS t
ORDER BY
    i.room_id,
    t.coins DESC,
    t.place;
