-- Questions to the gifts database. Each answers with: how many things were compared, how many are
-- wrong, and a few of those.

-- name: prices_hold
-- INV8: a gift costs what its item cost in the catalogue version that it was sold from.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        g.gift_id,
        g.price_coins IS DISTINCT FROM i.price_coins * g.count AS is_wrong
    FROM gift AS g
    LEFT JOIN catalogue_item AS i
        ON g.catalogue_version = i.version AND g.item_id = i.item_id
) AS gifts;

-- name: received_gifts_replay
-- INV3: each gift that was sent is in its creator's history once; no other gift is in any.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        gift_id,
        r.entries IS DISTINCT FROM 1
        OR g.creator_id IS DISTINCT FROM r.creator_id AS is_wrong
    FROM (SELECT gift_id, creator_id FROM gift WHERE status IN ('SENT', 'REVERSED')) AS g
    FULL JOIN (
        SELECT
            gift_id,
            count(*) AS entries,
            min(creator_id) AS creator_id
        FROM received_gift
        GROUP BY gift_id
    ) AS r USING (gift_id)
) AS gifts;

-- name: creator_totals_replay
-- INV3: a creator's total is what the gifts sent to them add up to.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        creator_id,
        (t.gifts, t.coins) IS DISTINCT FROM (g.gifts, g.coins) AS is_wrong
    FROM creator_total AS t
    FULL JOIN (
        SELECT
            creator_id,
            count(*) FILTER (WHERE g.price_coins > coalesce(r.coins, 0)) AS gifts,
            sum(g.price_coins - coalesce(r.coins, 0)) AS coins
        FROM gift AS g
        LEFT JOIN (
            SELECT
                gift_id,
                sum(CASE WHEN cause_id = reversal_id THEN coins ELSE -coins END) AS coins
            FROM gift_reversal
            GROUP BY gift_id
        ) AS r USING (gift_id)
        WHERE g.status IN ('SENT', 'REVERSED')
        GROUP BY creator_id
    ) AS g USING (creator_id)
) AS creators;

-- name: reversals_replay
-- INV3: of each gift is taken back what its legs add up to; one of which that is all, and no other,
-- is REVERSED; nothing waits for a gift that is settled.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        gift_id,
        (
            g.reversed_coins = coalesce(r.coins, 0)
            AND g.reversed_coins BETWEEN 0 AND g.price_coins
            AND (g.status = 'REVERSED') = (g.reversed_coins = g.price_coins)
            AND coalesce(r.creators, 1) = 1
            AND coalesce(r.creator_id, g.creator_id) = g.creator_id
        ) IS NOT TRUE AS is_wrong
    FROM (
        SELECT * FROM gift WHERE reversed_coins <> 0 OR status = 'REVERSED'
    ) AS g
    FULL JOIN (
        SELECT
            gift_id,
            sum(CASE WHEN cause_id = reversal_id THEN coins ELSE -coins END) AS coins,
            count(DISTINCT creator_id) AS creators,
            min(creator_id) AS creator_id
        FROM gift_reversal
        GROUP BY gift_id
        HAVING sum(CASE WHEN cause_id = reversal_id THEN coins ELSE -coins END) <> 0
    ) AS r USING (gift_id)
    UNION ALL
    SELECT
        gift_id,
        true AS is_wrong
    FROM waiting_reversal
    INNER JOIN gift USING (gift_id)
    WHERE status <> 'PENDING'
) AS gifts;

-- name: boards_replay
-- INV3: who gave a creator how much, in all and in the newest hour, day and week in which they gave,
-- is what their gifts add up to, without what was taken back.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(user_id || ' to ' || coalesce(creator_id, board_id::text)) FILTER (WHERE is_wrong))[
        1:5
    ] AS examples
FROM (
    SELECT
        board_id,
        creator_id,
        user_id,
        (
            s.hour_at, s.day_at, s.week_at, s.hour_coins, s.day_coins, s.week_coins, s.coins
        ) IS DISTINCT FROM (
            g.hour_at, g.day_at, g.week_at, g.hour_coins, g.day_coins, g.week_coins, g.coins
        ) AS is_wrong
    FROM board_score AS s
    FULL JOIN (
        SELECT
            creator_id,
            user_id,
            encode(substr(sha256(convert_to(creator_id, 'UTF8')), 1, 16), 'hex')::uuid AS board_id,
            date_trunc('hour', newest_at, 'UTC') AS hour_at,
            date_trunc('day', newest_at, 'UTC') AS day_at,
            date_trunc('week', newest_at, 'UTC') AS week_at,
            sum(coins) FILTER (WHERE sent_at >= date_trunc('hour', newest_at, 'UTC')) AS hour_coins,
            sum(coins) FILTER (WHERE sent_at >= date_trunc('day', newest_at, 'UTC')) AS day_coins,
            sum(coins) FILTER (WHERE sent_at >= date_trunc('week', newest_at, 'UTC')) AS week_coins,
            sum(coins) AS coins
        FROM (
            SELECT
                creator_id,
                sender_id AS user_id,
                price_coins - reversed_coins AS coins,
                settled_at AS sent_at,
                max(settled_at) OVER (PARTITION BY creator_id, sender_id) AS newest_at
            FROM gift
            WHERE status IN ('SENT', 'REVERSED')
        ) AS sent
        GROUP BY creator_id, user_id, newest_at
    ) AS g USING (board_id, user_id)
) AS scores;

-- name: undos_replay
-- I11: a gift that its sender undid, or an operator gave back, is taken back for that once it is charged,
-- unless all of it was already; no other is.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        gift_id,
        (
            u.gift_id IS NOT NULL AND (r.gift_id IS NOT NULL OR g.status IN ('REVERSED', 'REFUSED'))
        ) IS NOT TRUE AS is_wrong
    FROM gift_undo AS u
    FULL JOIN (
        SELECT DISTINCT
            gift_id,
            reason
        FROM gift_reversal
        WHERE reason IN ('undo', 'quarantine')
    ) AS r USING (gift_id, reason)
    LEFT JOIN gift AS g USING (gift_id)
) AS undos;

-- name: nothing_pending
-- Once everything is drained, each gift has its answer.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE status = 'PENDING') AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE status = 'PENDING'))[1:5] AS examples
FROM gift;

-- name: undo_facts
-- For COPY: each gift that is to be undone (see facts.py).
SELECT uuid_send(gift_id) AS fact
FROM gift_undo;

-- name: gift_facts
-- For COPY: what each gift is and how it ended (see facts.py).
SELECT
    uuid_send(gift_id)
    || CASE status WHEN 'REVERSED' THEN 'S' ELSE substr(status, 1, 1) END::bytea
    || substr(
        sha256(convert_to(concat_ws(chr(31), sender_id, creator_id, price_coins), 'UTF8')), 1, 15
    ) AS fact
FROM gift;

-- name: select_creators
-- INV9: gifts that were sent, per creator, in the order of their ids.
SELECT
    creator_id COLLATE "C" AS creator_id,
    count(*) AS gifts,
    sum(price_coins)::bigint AS coins
FROM gift
WHERE status IN ('SENT', 'REVERSED')
GROUP BY creator_id COLLATE "C"
ORDER BY creator_id COLLATE "C";

-- name: select_reversed
-- INV9: coins of gifts that are taken back, per creator.
SELECT
    creator_id COLLATE "C" AS creator_id,
    sum(CASE WHEN cause_id = reversal_id THEN coins ELSE -coins END)::bigint AS coins
FROM gift_reversal
GROUP BY creator_id COLLATE "C"
ORDER BY creator_id COLLATE "C";

-- name: leg_facts
-- For COPY: each leg that was booked (see facts.py).
SELECT
    uuid_send(cause_id)
    || substr(
        sha256(
            convert_to(
                concat_ws(chr(31), reversal_id, position, creator_id, gift_id, lot_id, coins), 'UTF8'
            )
        ), 1, 16
    ) AS fact
FROM gift_reversal;
