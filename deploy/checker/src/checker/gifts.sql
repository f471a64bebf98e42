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
    FROM (SELECT gift_id, creator_id FROM gift WHERE status = 'SENT') AS g
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
            count(*) AS gifts,
            sum(price_coins) AS coins
        FROM gift
        WHERE status = 'SENT'
        GROUP BY creator_id
    ) AS g USING (creator_id)
) AS creators;

-- name: nothing_pending
-- Once everything is drained, each gift has its answer.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE status = 'PENDING') AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE status = 'PENDING'))[1:5] AS examples
FROM gift;

-- name: gift_facts
-- For COPY: what each gift is and how it ended (see facts.py).
SELECT
    uuid_send(gift_id)
    || substr(status, 1, 1)::bytea
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
WHERE status = 'SENT'
GROUP BY creator_id COLLATE "C"
ORDER BY creator_id COLLATE "C";
