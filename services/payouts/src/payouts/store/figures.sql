-- Figures of creators: what was given, by whom, what and when, and what of it was taken back.

-- name: lock_fold
-- Makes whoever else adds up wait. The mark up to which it is done, and the newest, if that is
-- another: null where there is nothing to do.
SELECT
    before.known::text AS before,
    coalesce(pg_snapshot_xmin(before.known), '0')::text AS recorded_from,
    newest.mark_id,
    newest.known::text AS known
FROM figure_fold AS f
LEFT JOIN statement_mark AS before ON f.mark_id = before.mark_id
LEFT JOIN LATERAL (
    SELECT
        mark_id,
        known
    FROM statement_mark
    WHERE mark_id > coalesce(f.mark_id, 0)
    ORDER BY mark_id DESC
    LIMIT 1
) AS newest ON true
FOR UPDATE OF f;

-- name: fold_accruals
-- Adds what accruals recorded after one mark and until another. They are found creator by creator,
-- by the index that statements have; so the hot path needs none for this.
-- $1 known before or null, $2 recorded_from, $3 known
INSERT INTO creator_figure AS f (
    creator_id,
    day,
    breakdown,
    key,
    gifts,
    coins,
    micro_diamonds,
    reversed_coins,
    reversed_micro_diamonds
)
SELECT
    c.creator_id,
    (a.sent_at AT TIME ZONE 'UTC')::date AS day,
    CASE grouping(a.sender_id, a.item_id)
        WHEN 1 THEN 'GIFTER' WHEN 2 THEN 'ITEM' ELSE 'DAY'
    END AS breakdown,
    coalesce(a.sender_id, a.item_id, '') AS key,
    count(*) AS gifts,
    sum(a.coins) AS coins,
    sum(a.micro_diamonds) AS micro_diamonds,
    0 AS reversed_coins,
    0 AS reversed_micro_diamonds
FROM creator_earning AS c
CROSS JOIN LATERAL (
    SELECT
        sent_at,
        sender_id,
        item_id,
        coins,
        micro_diamonds
    FROM accrual
    WHERE
        creator_id = c.creator_id
        AND recorded_by >= $2::text::xid8
        AND pg_visible_in_snapshot(recorded_by, $3::text::pg_snapshot)
        AND pg_visible_in_snapshot(recorded_by, $1::text::pg_snapshot) IS NOT TRUE
) AS a
GROUP BY
    c.creator_id,
    (a.sent_at AT TIME ZONE 'UTC')::date,
    GROUPING SETS ((), (a.sender_id), (a.item_id))
ON CONFLICT (creator_id, breakdown, day, key) DO UPDATE
    SET
        gifts = f.gifts + excluded.gifts,
        coins = f.coins + excluded.coins,
        micro_diamonds = f.micro_diamonds + excluded.micro_diamonds;

-- name: fold_clawbacks
-- The same of what was taken back and given back, on the days of the gifts, whose accruals have been
-- added by now.
-- $1 known before or null, $2 recorded_from, $3 known
WITH summed AS (
    SELECT
        a.creator_id,
        (a.sent_at AT TIME ZONE 'UTC')::date AS day,
        CASE grouping(a.sender_id, a.item_id)
            WHEN 1 THEN 'GIFTER' WHEN 2 THEN 'ITEM' ELSE 'DAY'
        END AS breakdown,
        coalesce(a.sender_id, a.item_id, '') AS key,
        sum(CASE WHEN k.cause_id = k.reversal_id THEN k.coins ELSE -k.coins END) AS coins,
        sum(
            CASE WHEN k.cause_id = k.reversal_id THEN k.micro_diamonds ELSE -k.micro_diamonds END
        ) AS micro_diamonds
    FROM clawback AS k
    INNER JOIN accrual AS a ON k.gift_id = a.gift_id
    WHERE
        k.recorded_by >= $2::text::xid8
        AND pg_visible_in_snapshot(k.recorded_by, $3::text::pg_snapshot)
        AND pg_visible_in_snapshot(k.recorded_by, $1::text::pg_snapshot) IS NOT TRUE
    GROUP BY
        a.creator_id,
        (a.sent_at AT TIME ZONE 'UTC')::date,
        GROUPING SETS ((), (a.sender_id), (a.item_id))
)

UPDATE creator_figure AS f
SET
    reversed_coins = f.reversed_coins + s.coins,
    reversed_micro_diamonds = f.reversed_micro_diamonds + s.micro_diamonds
FROM summed AS s
WHERE
    f.creator_id = s.creator_id
    AND f.breakdown = s.breakdown
    AND f.day = s.day
    AND f.key = s.key;

-- name: update_fold
-- $1 mark_id
UPDATE figure_fold SET mark_id = $1;

-- name: select_days
-- Figures of each day of a range, in order, beyond a position, each with those of the whole range
-- and the moment that all are as of; at least one row, with or without a day.
-- $1 creator_id, $2 first day, $3 first day after, $4 day of the position or null, $5 at most
WITH total AS (
    SELECT
        coalesce(sum(gifts), 0)::bigint AS gifts,
        coalesce(sum(coins), 0)::bigint AS coins,
        coalesce(sum(micro_diamonds), 0)::bigint AS micro_diamonds,
        coalesce(sum(reversed_coins), 0)::bigint AS reversed_coins,
        coalesce(sum(reversed_micro_diamonds), 0)::bigint AS reversed_micro_diamonds
    FROM creator_figure
    WHERE creator_id = $1 AND breakdown = 'DAY' AND day >= $2 AND day < $3
),

page AS (
    SELECT
        day::text AS key,
        gifts,
        coins,
        micro_diamonds,
        reversed_coins,
        reversed_micro_diamonds
    FROM creator_figure
    WHERE
        creator_id = $1
        AND breakdown = 'DAY'
        AND day >= $2
        AND day < $3
        AND day > coalesce($4::date, '-infinity')
    ORDER BY day
    LIMIT $5
)

SELECT
    m.at AS as_of,
    t.gifts AS total_gifts,
    t.coins AS total_coins,
    t.micro_diamonds AS total_micro_diamonds,
    t.reversed_coins AS total_reversed_coins,
    t.reversed_micro_diamonds AS total_reversed_micro_diamonds,
    p.key,
    p.gifts,
    p.coins,
    p.micro_diamonds,
    p.reversed_coins,
    p.reversed_micro_diamonds
FROM total AS t
CROSS JOIN figure_fold AS f
LEFT JOIN statement_mark AS m ON f.mark_id = m.mark_id
LEFT JOIN page AS p ON true
ORDER BY p.key;

-- name: select_keys
-- The same by gifter or by item, over the days of a range: most coins first, what was taken back
-- taken off.
-- $1 creator_id, $2 first day, $3 first day after, $4 coins and $5 key of the position or null,
-- $6 at most, $7 breakdown
WITH total AS (
    SELECT
        coalesce(sum(gifts), 0)::bigint AS gifts,
        coalesce(sum(coins), 0)::bigint AS coins,
        coalesce(sum(micro_diamonds), 0)::bigint AS micro_diamonds,
        coalesce(sum(reversed_coins), 0)::bigint AS reversed_coins,
        coalesce(sum(reversed_micro_diamonds), 0)::bigint AS reversed_micro_diamonds
    FROM creator_figure
    WHERE creator_id = $1 AND breakdown = 'DAY' AND day >= $2 AND day < $3
),

page AS (
    SELECT
        key,
        sum(gifts)::bigint AS gifts,
        sum(coins)::bigint AS coins,
        sum(micro_diamonds)::bigint AS micro_diamonds,
        sum(reversed_coins)::bigint AS reversed_coins,
        sum(reversed_micro_diamonds)::bigint AS reversed_micro_diamonds
    FROM creator_figure
    WHERE creator_id = $1 AND breakdown = $7 AND day >= $2 AND day < $3
    GROUP BY key
    HAVING
        $4::bigint IS NULL
        OR sum(coins - reversed_coins) < $4
        OR (sum(coins - reversed_coins) = $4 AND key COLLATE "C" > $5::text)
    ORDER BY sum(coins - reversed_coins) DESC, key COLLATE "C"
    LIMIT $6
)

SELECT
    m.at AS as_of,
    t.gifts AS total_gifts,
    t.coins AS total_coins,
    t.micro_diamonds AS total_micro_diamonds,
    t.reversed_coins AS total_reversed_coins,
    t.reversed_micro_diamonds AS total_reversed_micro_diamonds,
    p.key,
    p.gifts,
    p.coins,
    p.micro_diamonds,
    p.reversed_coins,
    p.reversed_micro_diamonds
FROM total AS t
CROSS JOIN figure_fold AS f
LEFT JOIN statement_mark AS m ON f.mark_id = m.mark_id
LEFT JOIN page AS p ON true
ORDER BY p.coins - p.reversed_coins DESC, p.key COLLATE "C";
