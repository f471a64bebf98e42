-- name: insert_claims
-- The first telling of a claim of each purchase. The caller holds the purchases' rows.
-- $1 purchase_ids, each once, $2 claims, $3 kinds, $4 claimed_minor, $5 returned_minor, $6 is_open,
-- $7 told_at, $8 overdue_at, $9 respond_by. Integers come as text: see arrays.py.
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
SELECT
    purchase_id,
    claim,
    kind,
    claimed_minor,
    returned_minor,
    is_open,
    $7,
    overdue_at,
    respond_by
FROM unnest(
    $1::uuid[],
    $2::text[],
    $3::text[],
    $4::text::bigint[],
    $5::text::bigint[],
    $6::boolean[],
    $8::timestamptz[],
    $9::timestamptz[]
) AS i (purchase_id, claim, kind, claimed_minor, returned_minor, is_open, overdue_at, respond_by);

-- name: update_claims
-- The caller holds the purchases' rows.
-- $1 purchase_ids, each once, $2 claims, $3 claimed_minor, $4 returned_minor, $5 is_open,
-- $6 respond_by. Integers come as text: see arrays.py.
UPDATE payment_claim AS c
SET
    claimed_minor = i.claimed_minor,
    returned_minor = i.returned_minor,
    is_open = i.is_open,
    respond_by = i.respond_by
FROM unnest(
    $1::uuid[],
    $2::text[],
    $3::text::bigint[],
    $4::text::bigint[],
    $5::boolean[],
    $6::timestamptz[]
) AS i (purchase_id, claim, claimed_minor, returned_minor, is_open, respond_by)
WHERE c.purchase_id = i.purchase_id AND c.claim = i.claim;

-- name: select_claims
-- Of each purchase in the order in which they came, each with what is booked for it, and how often.
-- $1 purchase_ids
SELECT
    c.purchase_id,
    c.claim,
    c.kind,
    c.claimed_minor,
    c.returned_minor,
    c.is_open,
    c.respond_by,
    (coalesce(taken.amount_minor, 0) - coalesce(back.amount_minor, 0))::bigint AS booked_minor,
    taken.reversals
FROM payment_claim AS c
LEFT JOIN LATERAL (
    SELECT
        count(*) AS reversals,
        sum(r.amount_minor) AS amount_minor
    FROM reversal AS r
    WHERE r.purchase_id = c.purchase_id AND r.claim = c.claim
) AS taken ON true
LEFT JOIN LATERAL (
    SELECT sum(r.amount_minor) AS amount_minor
    FROM reinstatement AS r
    WHERE r.purchase_id = c.purchase_id AND r.claim = c.claim
) AS back ON true
WHERE c.purchase_id = any($1::uuid[])
ORDER BY c.purchase_id, c.seq;

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
