-- What the house owes creators, and what waits, for the daily report; lists are as in
-- wallet_figures.sql.

-- name: owed_by_maturity
-- What is neither taken back nor in a payout, by when it matures; the worth is rounded down.
-- $1 today
SELECT
    matures,
    currency,
    sum(micro_diamonds)::bigint AS micro_diamonds,
    div(sum(pico), 1000000000000)::bigint AS worth_minor
FROM (
    SELECT
        CASE
            WHEN f.matures_on <= $1::date THEN 'available'
            WHEN f.matures_on <= $1::date + 7 THEN 'within_7_days'
            WHEN f.matures_on <= $1::date + 30 THEN 'within_30_days'
            WHEN f.matures_on <= $1::date + 120 THEN 'within_120_days'
            ELSE 'later'
        END AS matures,
        r.currency,
        f.free_micro_diamonds AS micro_diamonds,
        f.free_micro_diamonds::numeric * r.diamond_micro_minor AS pico
    FROM earning_free AS f
    INNER JOIN earning_rate AS r ON f.rate_version = r.version
) AS earnings
GROUP BY matures, currency
ORDER BY matures, currency;

-- name: open_payouts
-- What payouts have reserved and not paid, by how far they are.
SELECT
    status,
    currency,
    worth_currency,
    count(*) AS payouts,
    sum(micro_diamonds)::bigint AS micro_diamonds,
    sum(worth_minor)::bigint AS worth_minor,
    sum(gross_minor)::bigint AS gross_minor,
    sum(net_minor)::bigint AS net_minor
FROM payout
WHERE status IN ('REQUESTED', 'HELD', 'QUEUED', 'SUBMITTED')
GROUP BY status, currency, worth_currency
ORDER BY status, currency, worth_currency;

-- name: sum_diamonds
-- What was issued, less what was taken back; what payouts have of it, what of frozen gifts is held, and
-- what is paid.
SELECT
    (
        SELECT coalesce(sum(debits_micro_diamonds - credits_micro_diamonds), 0)::bigint
        FROM system_account
    ) AS issued,
    (SELECT coalesce(sum(taken_micro_diamonds), 0)::bigint FROM earning_bucket) AS taken,
    (SELECT coalesce(sum(held_micro_diamonds), 0)::bigint FROM earning_bucket) AS held,
    (
        SELECT coalesce(sum(micro_diamonds), 0)::bigint FROM payout WHERE status = 'PAID'
    ) AS paid;

-- name: held_payouts
-- $1 now, $2 at most
WITH terms AS (
    SELECT (document::jsonb ->> 'held_review_days')::integer AS days
    FROM payout_terms
    WHERE effective_from <= $1
    ORDER BY effective_from DESC
    LIMIT 1
),

held AS (
    SELECT
        p.*,
        p.moved_at + make_interval(days => (SELECT days FROM terms)) AS review_due_at
    FROM payout AS p
    WHERE p.status = 'HELD'
)

SELECT
    count(*) OVER () AS total,
    count(*) FILTER (WHERE h.review_due_at <= $1) OVER () AS overdue,
    'payout ' || h.payout_id AS what,
    h.moved_at AS since,
    h.review_due_at AS due_at,
    jsonb_strip_nulls(
        jsonb_build_object(
            'held_for', h.reason,
            'micro_diamonds', h.micro_diamonds,
            'net_minor', h.net_minor,
            'currency', h.currency,
            'escalated_at', e.escalated_at
        )
    )::text AS details
FROM held AS h
LEFT JOIN payout_escalation AS e ON h.payout_id = e.payout_id AND h.moved_at = e.held_at
ORDER BY h.moved_at, h.payout_id
LIMIT $2;

-- name: quarantined_gifts
-- Of which something may be held, and nobody has decided, or nothing has come of it: each as long as the
-- terms let a held payout wait.
-- $1 now, $2 at most
WITH terms AS (
    SELECT (document::jsonb ->> 'held_review_days')::integer AS days
    FROM payout_terms
    WHERE effective_from <= $1
    ORDER BY effective_from DESC
    LIMIT 1
),

frozen AS (
    SELECT
        q.*,
        coalesce(q.decided_at, q.frozen_at) AS since
    FROM gift_quarantine AS q
    WHERE q.ended_at IS NULL
),

due AS (
    SELECT
        *,
        since + make_interval(days => (SELECT days FROM terms)) AS review_due_at
    FROM frozen
)

SELECT
    count(*) OVER () AS total,
    count(*) FILTER (WHERE review_due_at <= $1) OVER () AS overdue,
    'gift ' || gift_id AS what,
    since,
    review_due_at AS due_at,
    jsonb_build_object(
        'quarantine_id', quarantine_id,
        'status', status,
        'micro_diamonds', micro_diamonds,
        'worth_minor', worth_minor,
        'currency', currency
    )::text AS details
FROM due
ORDER BY since, quarantine_id
LIMIT $2;

-- name: waiting_clawbacks
-- What the wallet has taken back of gifts that have not arrived here.
-- $1 now, $2 at most, $3 from what age on, in hours, it is overdue
SELECT
    count(*) OVER () AS total,
    count(*) FILTER (
        WHERE told_at + make_interval(hours => $3::integer) <= $1
    ) OVER () AS overdue,
    'gift ' || gift_id AS what,
    told_at AS since,
    told_at + make_interval(hours => $3::integer) AS due_at,
    jsonb_build_object('cause_id', cause_id, 'coins', coins, 'reason', reason)::text AS details
FROM waiting_clawback
ORDER BY told_at, seq
LIMIT $2;
