-- INV10: live rooms are what was given in them. The same form of answers as in gifts.sql.

-- name: rooms_replay
-- A room stands as its gifts add up, without what was taken back. So does its goal while it is open;
-- afterwards it stays where it was, and nobody can have given more to it than was ever given.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('room ' || room_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        r.room_id,
        (r.coins, r.gifts, r.gifters) IS DISTINCT FROM (
            coalesce(g.coins, 0), coalesce(g.gifts, 0), coalesce(g.gifters, 0)
        )
        OR CASE
            WHEN r.goal_coins IS NULL AND r.goal_item_id IS NULL THEN r.goal_reached <> 0
            WHEN r.closed_at IS NOT NULL
                THEN r.goal_reached > coalesce(
                    CASE WHEN r.goal_item_id IS NULL THEN g.coins_ever ELSE p.pieces_ever END, 0
                )
            ELSE r.goal_reached <> coalesce(
                CASE WHEN r.goal_item_id IS NULL THEN g.coins ELSE p.pieces END, 0
            )
        END AS is_wrong
    FROM room AS r
    LEFT JOIN (
        SELECT
            target_id,
            sum(price_coins - reversed_coins) AS coins,
            count(*) FILTER (WHERE reversed_coins < price_coins) AS gifts,
            count(DISTINCT sender_id) FILTER (WHERE reversed_coins < price_coins) AS gifters,
            sum(price_coins) AS coins_ever
        FROM gift
        WHERE
            target_kind = 'room'
            AND status IN ('SENT', 'REVERSED')
        GROUP BY target_id
    ) AS g ON r.room_id::text = g.target_id
    LEFT JOIN (
        SELECT
            target_id,
            item_id,
            sum(count) FILTER (WHERE reversed_coins < price_coins) AS pieces,
            sum(count) AS pieces_ever
        FROM gift
        WHERE
            target_kind = 'room'
            AND status IN ('SENT', 'REVERSED')
        GROUP BY target_id, item_id
    ) AS p ON r.room_id::text = p.target_id AND r.goal_item_id = p.item_id
) AS rooms;

-- name: room_gifters_replay
-- What each gave in a room is what their gifts add up to, without what was taken back.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('room ' || room_id || ', ' || user_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        room_id,
        user_id,
        t.coins IS DISTINCT FROM g.coins AS is_wrong
    FROM room_gifter AS t
    FULL JOIN (
        SELECT
            r.room_id,
            g.sender_id AS user_id,
            sum(g.price_coins - g.reversed_coins) AS coins
        FROM room AS r
        INNER JOIN gift AS g ON r.room_id::text = g.target_id
        WHERE
            g.target_kind = 'room'
            AND g.status IN ('SENT', 'REVERSED')
        GROUP BY r.room_id, g.sender_id
    ) AS g USING (room_id, user_id)
) AS gifters;

-- name: room_tops_replay
-- The first ten that a room keeps for its frames are those who gave most, as they are looked up.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('room ' || room_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        r.room_id,
        convert_from(r.top, 'UTF8')::jsonb IS DISTINCT FROM coalesce(
            (
                SELECT
                    jsonb_agg(
                        jsonb_build_array(t.user_id, t.coins, t.place)
                        ORDER BY t.coins DESC, t.place
                    )
                FROM (
                    SELECT
                        g.user_id,
                        g.coins,
                        g.place
                    FROM room_gifter AS g
                    WHERE
                        g.room_id = r.room_id
                        AND g.coins > 0
                    ORDER BY g.coins DESC, g.place
                    LIMIT 10
                ) AS t
            ),
            '[]'
        ) AS is_wrong
    FROM room AS r
) AS rooms;

-- name: room_streaks_replay
-- I7: pieces in streaks are pieces that were charged: of items that make streaks, sent without a
-- message. A closed room has no open streak.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (
        array_agg('room ' || room_id || ', ' || sender_id || ', ' || item_id)
        FILTER (WHERE is_wrong)
    )[1:5] AS examples
FROM (
    SELECT
        room_id,
        sender_id,
        item_id,
        s.pieces IS DISTINCT FROM g.pieces
        OR (s.is_open AND r.closed_at IS NOT NULL) AS is_wrong
    FROM (
        SELECT
            room_id,
            sender_id,
            item_id,
            sum(pieces) AS pieces,
            bool_or(ended_at IS NULL) AS is_open
        FROM room_streak
        GROUP BY room_id, sender_id, item_id
    ) AS s
    FULL JOIN (
        SELECT
            r.room_id,
            g.sender_id,
            g.item_id,
            sum(g.count) AS pieces
        FROM room AS r
        INNER JOIN gift AS g ON r.room_id::text = g.target_id
        INNER JOIN catalogue_item AS i
            ON g.catalogue_version = i.version AND g.item_id = i.item_id
        WHERE
            g.target_kind = 'room'
            AND g.status IN ('SENT', 'REVERSED')
            AND g.message IS NULL
            AND i.streakable
        GROUP BY r.room_id, g.sender_id, g.item_id
    ) AS g USING (room_id, sender_id, item_id)
    LEFT JOIN room AS r USING (room_id)
) AS streaks;

-- name: select_rooms
-- How rooms stand, and whether their newest frames say so.
SELECT
    room_id,
    seq,
    CASE WHEN closed_at IS NULL THEN 'OPEN' ELSE 'CLOSED' END AS status,
    coins,
    gifts,
    gifters,
    goal_reached,
    untold
FROM room
ORDER BY room_id;
