-- name: insert_claim
-- The first telling of a claim; nothing is returned where it is known.
-- $1 purchase_id, $2 claim, $3 kind, $4 claimed_minor, $5 returned_minor, $6 is_open, $7 told_at,
-- $8 overdue_at, $9 respond_by
INSERT INTO payment_claim (
    purchase_id,
    claim,
    kind,
    claimed_minor,
    returned_minor,
    is_open,
    told_at,
    overdue_at,
    respond_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (purchase_id, claim) DO NOTHING
RETURNING claim;

-- name: update_claim
-- The caller holds the purchase's row.
-- $1 purchase_id, $2 claim, $3 claimed_minor, $4 returned_minor, $5 is_open, $6 respond_by
UPDATE payment_claim
SET
    claimed_minor = $3,
    returned_minor = $4,
    is_open = $5,
    respond_by = $6
WHERE purchase_id = $1 AND claim = $2;

-- name: select_claims
-- In the order in which they came, each with what is booked for it.
-- $1 purchase_id
SELECT
    c.claim,
    c.kind,
    c.claimed_minor,
    c.returned_minor,
    c.is_open,
    c.respond_by,
    coalesce(taken.amount_minor, 0)::bigint AS taken_minor,
    coalesce(back.amount_minor, 0)::bigint AS back_minor
FROM payment_claim AS c
LEFT JOIN LATERAL (
    SELECT sum(r.amount_minor) AS amount_minor
    FROM reversal AS r
    WHERE r.purchase_id = c.purchase_id AND r.claim = c.claim
) AS taken ON true
LEFT JOIN LATERAL (
    SELECT sum(r.amount_minor) AS amount_minor
    FROM reinstatement AS r
    WHERE r.purchase_id = c.purchase_id AND r.claim = c.claim
) AS back ON true
WHERE c.purchase_id = $1
ORDER BY c.seq;

-- name: count_overdue_disputes
-- $1 moment
SELECT count(*)
FROM payment_claim
WHERE is_open AND overdue_at <= $1;

-- name: insert_fee
-- Once per dispute, at whatever stage it is told first.
-- $1 purchase_id, $2 claim, $3 fee_minor, $4 currency, $5 charged_at
INSERT INTO dispute_fee (purchase_id, claim, fee_minor, currency, charged_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (purchase_id, claim) DO NOTHING;
