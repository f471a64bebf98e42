-- Questions about spend limits to the wallet's database; they answer as those in wallet.sql do.

-- name: limits_hold
-- At every charge, what its payer had spent in the window that ended with it was within the limits
-- that it met: those of the newest version set before the account's version that it made, and what
-- had been pending in them if that held by then. A window is open at its beginning, and holds nothing
-- of a charge that was undone before.
WITH met AS (
    SELECT
        account_id,
        account_version AS after_version,
        lead(account_version, 1, 9223372036854775807) OVER versions AS until_version,
        day_coins,
        week_coins,
        creator_day_coins,
        pending_day_coins,
        pending_week_coins,
        pending_creator_day_coins,
        pending_from
    FROM spend_limits
    WINDOW versions AS (PARTITION BY account_id ORDER BY version)
),

charged AS (
    SELECT
        movement_id,
        account_id,
        version,
        order_key,
        posted_at,
        sum(-coins) OVER (
            PARTITION BY account_id
            ORDER BY posted_at
            RANGE BETWEEN INTERVAL '23:59:59.999999' PRECEDING AND CURRENT ROW
        ) AS day_coins,
        sum(-coins) OVER (
            PARTITION BY account_id
            ORDER BY posted_at
            RANGE BETWEEN INTERVAL '167:59:59.999999' PRECEDING AND CURRENT ROW
        ) AS week_coins,
        sum(-coins) OVER (
            PARTITION BY account_id, order_key
            ORDER BY posted_at
            RANGE BETWEEN INTERVAL '23:59:59.999999' PRECEDING AND CURRENT ROW
        ) AS creator_day_coins
    FROM movement
    WHERE
        kind = 'charge'
        AND outcome = 'posted'
        AND account_id IN (SELECT account_id FROM spend_limits)
),

spent AS (
    SELECT
        c.movement_id,
        c.account_id,
        c.version,
        c.posted_at,
        c.day_coins - coalesce(u.day_coins, 0) AS day_coins,
        c.week_coins - coalesce(u.week_coins, 0) AS week_coins,
        c.creator_day_coins - coalesce(u.creator_day_coins, 0) AS creator_day_coins
    FROM charged AS c
    LEFT JOIN LATERAL (
        SELECT
            sum(o.coins) FILTER (
                WHERE m.posted_at > c.posted_at - INTERVAL '24 hours'
            ) AS day_coins,
            sum(o.coins) FILTER (
                WHERE m.posted_at > c.posted_at - INTERVAL '168 hours'
            ) AS week_coins,
            sum(o.coins) FILTER (
                WHERE
                    m.posted_at > c.posted_at - INTERVAL '24 hours' AND m.order_key = c.order_key
            ) AS creator_day_coins
        FROM charge_undo AS o
        INNER JOIN movement AS m ON o.charge_id = m.movement_id
        WHERE o.account_id = c.account_id AND o.version < c.version
    ) AS u ON true
)

SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('movement ' || movement_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        s.movement_id,
        CASE
            WHEN s.posted_at >= m.pending_from
                THEN
                    coalesce(s.day_coins > m.pending_day_coins, false)
                    OR coalesce(s.week_coins > m.pending_week_coins, false)
                    OR coalesce(s.creator_day_coins > m.pending_creator_day_coins, false)
            ELSE
                coalesce(s.day_coins > m.day_coins, false)
                OR coalesce(s.week_coins > m.week_coins, false)
                OR coalesce(s.creator_day_coins > m.creator_day_coins, false)
        END AS is_wrong
    FROM spent AS s
    INNER JOIN met AS m
        ON
            s.account_id = m.account_id
            AND s.version > m.after_version
            AND s.version <= m.until_version
) AS charges;

-- name: caps_hold
-- Each charge, and what its payer had spent in the windows that ended with it, was within the caps
-- that it met. Of charges of one moment, which are of one batch, the later ones do not count; nor does
-- what was undone before. Who has not spent as much as the lowest cap in all their time is not looked
-- at by windows.
WITH spent AS (
    SELECT
        movement_id,
        sum(-coins) OVER (
            PARTITION BY account_id
            ORDER BY posted_at
            RANGE BETWEEN INTERVAL '23:59:59.999999' PRECEDING AND CURRENT ROW
        ) - later_coins - coalesce(u.day_coins, 0) AS day_coins,
        sum(-coins) OVER (
            PARTITION BY account_id
            ORDER BY posted_at
            RANGE BETWEEN INTERVAL '167:59:59.999999' PRECEDING AND CURRENT ROW
        ) - later_coins - coalesce(u.week_coins, 0) AS week_coins
    FROM (
        SELECT
            movement_id,
            account_id,
            version,
            posted_at,
            coins,
            coalesce(
                sum(-coins) OVER (
                    PARTITION BY account_id, posted_at
                    ORDER BY version
                    ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
                ), 0
            ) AS later_coins
        FROM movement
        WHERE
            kind = 'charge'
            AND outcome = 'posted'
            AND account_id IN (
                SELECT account_id FROM account
                WHERE debits_coins > (SELECT min(day_coins) FROM platform_caps)
            )
    ) AS charges
    LEFT JOIN LATERAL (
        SELECT
            sum(o.coins) FILTER (
                WHERE m.posted_at > charges.posted_at - INTERVAL '24 hours'
            ) AS day_coins,
            sum(o.coins) FILTER (
                WHERE m.posted_at > charges.posted_at - INTERVAL '168 hours'
            ) AS week_coins
        FROM charge_undo AS o
        INNER JOIN movement AS m ON o.charge_id = m.movement_id
        WHERE o.account_id = charges.account_id AND o.version < charges.version
    ) AS u ON true
)

SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('movement ' || movement_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        m.movement_id,
        coalesce(-m.coins > c.charge_coins, true)
        OR coalesce(s.day_coins > c.day_coins, false)
        OR coalesce(s.week_coins > c.week_coins, false) AS is_wrong
    FROM movement AS m
    LEFT JOIN platform_caps AS c ON m.caps_id = c.caps_id
    LEFT JOIN spent AS s ON m.movement_id = s.movement_id
    WHERE m.outcome = 'posted' AND m.caps_id IS NOT NULL
) AS charges;

-- name: caps_are_in_force
-- The caps that a charge met were of the policy in force when it was posted; there were none only
-- where that had none. A policy that was published too late may have gone unseen for a minute.
WITH version AS (
    SELECT
        p.effective_from,
        p.version,
        greatest(
            lead(p.effective_from) OVER versions,
            lead(p.published_at) OVER versions + INTERVAL '1 minute'
        ) AS effective_until,
        EXISTS (
            SELECT FROM platform_caps AS c
            WHERE c.policy_version = p.version
        ) AS has_caps
    FROM spend_policy AS p
    WINDOW versions AS (ORDER BY p.version)
    UNION ALL
    SELECT
        '-infinity',
        0,
        (
            SELECT greatest(effective_from, published_at + INTERVAL '1 minute')
            FROM spend_policy
            ORDER BY version
            LIMIT 1
        ),
        false
)

SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('movement ' || movement_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        m.movement_id,
        NOT EXISTS (
            SELECT FROM version AS v
            WHERE
                m.posted_at >= v.effective_from
                AND (v.effective_until IS NULL OR m.posted_at < v.effective_until)
                AND CASE
                    WHEN m.caps_id IS NULL THEN NOT v.has_caps
                    ELSE v.version = c.policy_version
                END
        ) AS is_wrong
    FROM movement AS m
    LEFT JOIN platform_caps AS c ON m.caps_id = c.caps_id
    WHERE m.kind = 'charge'
) AS charges;

-- name: rises_wait
-- A new version of limits is nowhere higher than what held when it was set; and what is to hold later
-- waits for as long as the policy says, or is no more than what was waiting already.
WITH numbers AS (
    SELECT
        l.account_id,
        l.version,
        l.set_at,
        l.pending_since,
        l.pending_from,
        p.raise_after_hours,
        p.remove_after_hours,
        -- In an order in which no limit is the highest.
        ARRAY[
            coalesce(l.day_coins, 9223372036854775807),
            coalesce(l.week_coins, 9223372036854775807),
            coalesce(l.creator_day_coins, 9223372036854775807)
        ] AS terms,
        ARRAY[
            coalesce(l.pending_day_coins, 9223372036854775807),
            coalesce(l.pending_week_coins, 9223372036854775807),
            coalesce(l.pending_creator_day_coins, 9223372036854775807)
        ] AS pending
    FROM spend_limits AS l
    LEFT JOIN spend_policy AS p ON l.policy_version = p.version
),

steps AS (
    SELECT
        account_id,
        version,
        set_at,
        pending_since,
        pending_from,
        raise_after_hours,
        remove_after_hours,
        terms,
        pending,
        lag(pending_since) OVER versions AS since_before,
        lag(pending_from) OVER versions AS from_before,
        lag(pending) OVER versions AS pending_before,
        CASE
            WHEN set_at >= lag(pending_from) OVER versions THEN lag(pending) OVER versions
            ELSE lag(terms) OVER versions
        END AS held
    FROM numbers
    WINDOW versions AS (PARTITION BY account_id ORDER BY version)
)

SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (
        array_agg('version ' || version || ' of account ' || account_id) FILTER (WHERE is_wrong)
    )[1:5] AS examples
FROM (
    SELECT
        s.account_id,
        s.version,
        EXISTS (
            SELECT FROM unnest(s.terms, s.held) AS each (now, before)
            WHERE each.now > each.before
        )
        OR CASE
            WHEN s.pending_from IS NULL THEN false
            WHEN s.pending_since = s.set_at
                THEN
                    s.pending_from < s.set_at + make_interval(
                        hours => CASE
                            WHEN EXISTS (
                                SELECT FROM unnest(s.terms, s.pending) AS each (now, later)
                                WHERE
                                    each.now < 9223372036854775807
                                    AND each.later = 9223372036854775807
                            )
                                THEN s.remove_after_hours
                            ELSE s.raise_after_hours
                        END
                    )
            ELSE
                (s.pending_since, s.pending_from)
                IS DISTINCT FROM (s.since_before, s.from_before)
                OR EXISTS (
                    SELECT FROM unnest(s.pending, s.pending_before) AS each (later, before)
                    WHERE each.later > each.before
                )
        END AS is_wrong
    FROM steps AS s
) AS versions;

-- name: limits_are_the_newest
-- An account is under the newest version of its limits, and versions have no gap.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('account ' || account_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        account_id,
        (coalesce(a.limits_version, -1), coalesce(a.limits_version, -1))
        IS DISTINCT FROM (coalesce(l.versions, 0), coalesce(l.newest, 0)) AS is_wrong
    FROM account AS a
    FULL JOIN (
        SELECT
            account_id,
            count(*) AS versions,
            max(version) AS newest
        FROM spend_limits
        GROUP BY account_id
    ) AS l USING (account_id)
) AS accounts;
