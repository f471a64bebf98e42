-- What the house owes in coins, and what waits, for the daily report. Those that list things answer
-- with: how many there are in all, how many of them are overdue, and of the oldest: what it is, since
-- when it waits, until when it may, and what else is known of it, as JSON.

-- name: coins_outstanding
-- What viewers hold, by class.
SELECT
    l.class,
    sum(open.coins)::bigint AS coins
FROM account AS a
CROSS JOIN LATERAL unnest(a.lot_ids, a.lot_coins) AS open (lot_id, coins)
INNER JOIN lot AS l ON open.lot_id = l.lot_id
GROUP BY l.class;

-- name: money_behind_coins
-- What was paid for the bought coins that are outstanding: of each lot its share of the price, rounded
-- down.
SELECT
    p.currency,
    sum(open.coins)::bigint AS coins,
    sum(div(p.amount_minor::numeric * open.coins, l.coins))::bigint AS amount_minor
FROM account AS a
CROSS JOIN LATERAL unnest(a.lot_ids, a.lot_coins) AS open (lot_id, coins)
INNER JOIN lot AS l ON open.lot_id = l.lot_id AND l.class = 'purchased'
INNER JOIN purchase AS p ON l.source_id = p.purchase_id
GROUP BY p.currency
ORDER BY p.currency;

-- name: coin_accounts
-- What each of our own accounts holds; below zero: what it gave.
SELECT
    name,
    sum(credits_coins - debits_coins)::bigint AS coins
FROM system_account
GROUP BY name;

-- name: sum_viewers
SELECT
    coalesce(sum(debt_coins), 0)::bigint AS debt_coins,
    coalesce(sum(credits_coins - debits_coins), 0)::bigint AS coins
FROM account;

-- name: sum_held
-- What disputes that are not decided have taken, less what was given back of it.
SELECT coalesce(sum(l.coins - coalesce(b.coins, 0)), 0)::bigint AS coins
FROM reversal AS r
INNER JOIN reversal_leg AS l ON r.reversal_id = l.reversal_id
LEFT JOIN LATERAL (
    SELECT sum(each.coins) AS coins
    FROM reinstatement_leg AS each
    WHERE each.reversal_id = l.reversal_id AND each.position = l.position
) AS b ON true
WHERE
    r.is_held
    AND NOT EXISTS (SELECT FROM reversal_settled AS s WHERE s.reversal_id = r.reversal_id);

-- name: open_disputes
-- $1 now, $2 at most
SELECT
    count(*) OVER () AS total,
    count(*) FILTER (WHERE c.overdue_at <= $1) OVER () AS overdue,
    'purchase ' || c.purchase_id AS what,
    c.told_at AS since,
    c.overdue_at AS due_at,
    jsonb_strip_nulls(
        jsonb_build_object(
            'provider', p.provider,
            'claim', c.claim,
            'amount_minor', c.claimed_minor - c.returned_minor,
            'currency', p.currency,
            'respond_by', c.respond_by
        )
    )::text AS details
FROM payment_claim AS c
INNER JOIN purchase AS p ON c.purchase_id = p.purchase_id
WHERE c.is_open
ORDER BY c.told_at, c.seq
LIMIT $2;

-- name: parked_events
-- What providers have told of payments that we do not know, refunds among them (E11).
-- $1 now, $2 at most, $3 from what age on, in hours, it is overdue
SELECT
    count(*) OVER () AS total,
    count(*) FILTER (
        WHERE received_at + make_interval(hours => $3::integer) <= $1
    ) OVER () AS overdue,
    'event ' || event_id AS what,
    received_at AS since,
    received_at + make_interval(hours => $3::integer) AS due_at,
    jsonb_strip_nulls(
        jsonb_build_object(
            'provider', provider, 'type', type, 'takes_back', claim IS NOT NULL,
            'payment_id', payment_id, 'amount_minor', amount_minor, 'currency', currency
        )
    )::text AS details
FROM provider_event
WHERE outcome = 'parked'
ORDER BY received_at, provider, event_id
LIMIT $2;

-- name: open_errands
-- $1 now, $2 at most
SELECT
    count(*) OVER () AS total,
    count(*) FILTER (WHERE late_at <= $1) OVER () AS overdue,
    'purchase ' || purchase_id AS what,
    asked_at AS since,
    late_at AS due_at,
    jsonb_build_object(
        'provider', provider, 'errand', kind, 'attempts', attempts, 'deadline', deadline_at
    )::text AS details
FROM store_errand
WHERE outcome IS NULL
ORDER BY late_at, provider, cause
LIMIT $2;

-- name: open_alarms
-- Whatever a provider told that a person must look at: overdue from the beginning.
-- $1 now, $2 at most
SELECT
    count(*) OVER () AS total,
    count(*) FILTER (WHERE raised_at <= $1) OVER () AS overdue,
    'event ' || event_id AS what,
    raised_at AS since,
    raised_at AS due_at,
    jsonb_build_object('provider', provider, 'reason', reason)::text AS details
FROM provider_alarm
WHERE resolved_at IS NULL
ORDER BY raised_at, provider, event_id
LIMIT $2;
