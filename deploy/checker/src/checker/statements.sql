-- What creators are told: statements, and figures by gifter, item and day.

-- name: statements_replay
-- INV3: a creator's statements have no gap, each opens where the last one closed, and their sums are
-- those of the journals: each entry is in the first month that was not over before it, and was closed
-- knowing of it.
WITH closed AS (
    SELECT
        c.period,
        (c.period + interval '1 month') AT TIME ZONE 'UTC' AS ends,
        m.known
    FROM statement_close AS c
    INNER JOIN statement_mark AS m USING (mark_id)
    WHERE c.issued_at IS NOT NULL
),

stated AS (
    SELECT
        e.creator_id,
        first.period,
        coalesce(sum(e.micro_diamonds) FILTER (WHERE e.kind = 'EARNED'), 0) AS earned,
        coalesce(-sum(e.micro_diamonds) FILTER (WHERE e.kind = 'REVERSED'), 0) AS reversed,
        coalesce(
            -sum(e.micro_diamonds) FILTER (WHERE e.kind IN ('PAID_OUT', 'GIVEN_BACK')), 0
        ) AS paid_out
    FROM statement_entry AS e
    CROSS JOIN LATERAL (
        SELECT c.period
        FROM closed AS c
        WHERE e.at < c.ends AND pg_visible_in_snapshot(e.recorded_by, c.known)
        ORDER BY c.period
        LIMIT 1
    ) AS first
    GROUP BY e.creator_id, first.period
),

issued AS (
    SELECT
        s.creator_id,
        s.period,
        s.earned_micro_diamonds,
        s.reversed_micro_diamonds,
        s.paid_out_micro_diamonds,
        s.number <> row_number() OVER creators
        OR s.period <> lag(s.period) OVER creators + interval '1 month'
        OR s.opening_micro_diamonds <> lag(s.closing_micro_diamonds, 1, 0::bigint) OVER creators
        OR s.closing_micro_diamonds <> s.opening_micro_diamonds + s.earned_micro_diamonds
        - s.reversed_micro_diamonds - s.paid_out_micro_diamonds AS does_not_follow
    FROM statement AS s
    INNER JOIN closed AS c USING (period)
    WINDOW creators AS (PARTITION BY s.creator_id ORDER BY s.number)
)

SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id || ' ' || period) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        creator_id,
        period,
        coalesce(i.does_not_follow, false)
        OR (i.earned_micro_diamonds, i.reversed_micro_diamonds, i.paid_out_micro_diamonds)
        IS DISTINCT FROM (
            coalesce(e.earned, 0), coalesce(e.reversed, 0), coalesce(e.paid_out, 0)
        ) AS is_wrong
    FROM issued AS i
    FULL JOIN stated AS e USING (creator_id, period)
) AS statements;

-- name: figures_replay
-- INV3: figures by gifter, by item and by day are what the journals add up to, as far as the mark up to
-- which they have been added.
WITH folded AS (
    SELECT m.known
    FROM figure_fold
    INNER JOIN statement_mark AS m USING (mark_id)
),

entry AS (
    SELECT
        a.gift_id,
        1 AS gifts,
        a.coins,
        a.micro_diamonds,
        0 AS reversed_coins,
        0 AS reversed_micro_diamonds
    FROM accrual AS a
    INNER JOIN folded AS f ON pg_visible_in_snapshot(a.recorded_by, f.known)
    UNION ALL
    SELECT
        c.gift_id,
        0,
        0,
        0,
        CASE WHEN c.cause_id = c.reversal_id THEN c.coins ELSE -c.coins END,
        CASE WHEN c.cause_id = c.reversal_id THEN c.micro_diamonds ELSE -c.micro_diamonds END
    FROM clawback AS c
    INNER JOIN folded AS f ON pg_visible_in_snapshot(c.recorded_by, f.known)
),

replayed AS (
    SELECT
        a.creator_id,
        kind.breakdown,
        (a.sent_at AT TIME ZONE 'UTC')::date AS day,
        kind.key,
        sum(e.gifts) AS gifts,
        sum(e.coins) AS coins,
        sum(e.micro_diamonds) AS micro_diamonds,
        sum(e.reversed_coins) AS reversed_coins,
        sum(e.reversed_micro_diamonds) AS reversed_micro_diamonds
    FROM entry AS e
    INNER JOIN accrual AS a USING (gift_id)
    CROSS JOIN LATERAL (
        VALUES ('GIFTER', a.sender_id), ('ITEM', a.item_id), ('DAY', '')
    ) AS kind (breakdown, key)
    GROUP BY a.creator_id, kind.breakdown, day, kind.key
)

SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id || ' ' || breakdown || ' ' || day) FILTER (WHERE is_wrong))[1:5]
        AS examples
FROM (
    SELECT
        creator_id,
        breakdown,
        day,
        (f.gifts, f.coins, f.micro_diamonds, f.reversed_coins, f.reversed_micro_diamonds)
        IS DISTINCT FROM
        (r.gifts, r.coins, r.micro_diamonds, r.reversed_coins, r.reversed_micro_diamonds)
        AS is_wrong
    FROM creator_figure AS f
    FULL JOIN replayed AS r USING (creator_id, breakdown, day, key)
) AS figures;
