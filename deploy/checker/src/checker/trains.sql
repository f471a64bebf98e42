-- C20: trains are what their logs make of them. The same form of answers as in gifts.sql.

-- name: trains_replay
-- Progress is the sum of the log, and of what each gave; the level follows from the highest sum that
-- it ever had. A train of several people began, and none runs in a room that is closed.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('train ' || train_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        t.train_id,
        (t.progress, t.progress, t.gifts, t.gifts)
        IS DISTINCT FROM (l.coins, g.coins, l.newest, l.entries)
        OR t.level IS DISTINCT FROM least(
            cardinality(r.targets),
            1 + (SELECT count(*) FROM unnest(r.targets) AS x (target) WHERE x.target <= l.highest)
        )
        OR l.people < r.starters
        OR (t.ended_at IS NULL AND o.closed_at IS NOT NULL) AS is_wrong
    FROM train AS t
    INNER JOIN train_rules AS r ON t.rules_version = r.version
    INNER JOIN room AS o ON t.room_id = o.room_id
    LEFT JOIN LATERAL (
        SELECT
            sum(coins) AS coins,
            max(seq) AS newest,
            count(*) AS entries,
            max(so_far) AS highest,
            count(DISTINCT user_id) AS people
        FROM (
            SELECT
                coins,
                seq,
                user_id,
                sum(coins) OVER (ORDER BY seq) AS so_far
            FROM train_gift
            WHERE train_id = t.train_id
        ) AS entry
    ) AS l ON true
    LEFT JOIN LATERAL (
        SELECT sum(coins) AS coins
        FROM train_gifter
        WHERE train_id = t.train_id
    ) AS g ON true
) AS trains;

-- name: train_gifts_replay
-- Gifts count in trains of the room that they were sent to, once each, with no more than they cost.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        e.gift_id,
        g.gift_id IS NULL
        OR g.status NOT IN ('SENT', 'REVERSED')
        OR g.target_id IS DISTINCT FROM t.room_id::text
        OR e.given IS DISTINCT FROM g.price_coins
        OR e.coins NOT BETWEEN 0 AND g.price_coins
        OR e.trains > 1
        OR e.user_id IS DISTINCT FROM g.sender_id AS is_wrong
    FROM (
        SELECT
            gift_id,
            min(train_id::text)::uuid AS train_id,
            count(DISTINCT train_id) AS trains,
            min(user_id) AS user_id,
            (array_agg(coins ORDER BY seq))[1] AS given,
            sum(coins) AS coins
        FROM train_gift
        GROUP BY gift_id
    ) AS e
    INNER JOIN train AS t ON e.train_id = t.train_id
    LEFT JOIN gift AS g ON e.gift_id = g.gift_id
) AS gifts;
