-- name: find_available
-- What an agency can be paid in a currency at a moment; below zero what it owes.
-- $1 agency_id, $2 currency, $3 moment
SELECT coalesce(sum(amount_minor), 0)::bigint
FROM commission_entry
WHERE agency_id = $1 AND currency = $2 AND due_at <= $3;

-- name: select_balances
-- What an agency is owed, by currency: what can be paid out at a moment, and what cannot yet.
-- $1 agency_id, $2 moment
SELECT
    currency,
    coalesce(sum(amount_minor) FILTER (WHERE due_at <= $2), 0)::bigint AS available_minor,
    coalesce(sum(amount_minor) FILTER (WHERE due_at > $2), 0)::bigint AS pending_minor
FROM commission_entry
WHERE agency_id = $1
GROUP BY currency
ORDER BY currency;

-- name: select_by_creator
-- What an agency has earned of whose payouts, without what came back.
-- $1 agency_id
SELECT
    creator_id,
    currency,
    sum(amount_minor)::bigint AS amount_minor
FROM commission_entry
WHERE agency_id = $1 AND creator_id IS NOT NULL
GROUP BY creator_id, currency
ORDER BY creator_id, currency;

-- name: select_of_payouts
-- How payouts are split, the largest part first.
-- $1 payout_ids
SELECT
    payout_id,
    agency_id,
    contract_id,
    share_bps,
    amount_minor
FROM payout_commission
WHERE payout_id = any($1::uuid[])
ORDER BY payout_id, amount_minor DESC, agency_id;
