-- Refunds of what minors spent in a range of time.

-- name: select_charges_in_range
-- Charges of an account in a range of time, with the purchases whose lots paid them. By the account's
-- own history: operators may wait for a moment, and an index of times would cost every charge.
-- $1 owner_id, $2 from, $3 to: not included
SELECT
    m.movement_id AS charge_id,
    l.source_id AS purchase_id
FROM account AS a
INNER JOIN movement AS m ON a.account_id = m.account_id
LEFT JOIN LATERAL unnest(m.lot_ids) AS slice (lot_id) ON true
INNER JOIN lot AS l ON l.lot_id = coalesce(slice.lot_id, m.lot_id)
WHERE
    a.owner_id = $1
    AND m.outcome = 'posted'
    AND m.kind = 'charge'
    AND m.posted_at >= $2
    AND m.posted_at < $3;

-- name: insert_refund
-- Nothing is returned where the id is taken.
-- $1 refund_id, $2 user_id, $3 range_from, $4 range_to, $5 share_bps, $6 coins, $7 digest,
-- $8 operator_id, $9 note, $10 booked_at
INSERT INTO minor_refund (
    refund_id,
    user_id,
    range_from,
    range_to,
    share_bps,
    coins,
    digest,
    operator_id,
    note,
    booked_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (refund_id) DO NOTHING
RETURNING refund_id;

-- name: insert_parts
-- In the order of their purchases.
-- $1 refund_id, $2 reversal_ids
INSERT INTO minor_refund_part (refund_id, position, reversal_id)
SELECT
    $1,
    (i.place - 1)::integer,
    i.reversal_id
FROM unnest($2::uuid[]) WITH ORDINALITY AS i (reversal_id, place);

-- name: find_refund
-- $1 refund_id
SELECT
    refund_id,
    user_id,
    range_from,
    range_to,
    share_bps,
    coins,
    digest,
    operator_id,
    note,
    booked_at
FROM minor_refund
WHERE refund_id = $1;

-- name: select_parts
-- With the terms of each part's reversal, in their order.
-- $1 refund_id
SELECT
    r.reversal_id,
    r.purchase_id,
    p.currency,
    r.amount_minor,
    r.policy_version
FROM minor_refund_part AS part
INNER JOIN reversal AS r ON part.reversal_id = r.reversal_id
INNER JOIN purchase AS p ON r.purchase_id = p.purchase_id
WHERE part.refund_id = $1
ORDER BY part.position;

-- name: select_legs_of_parts
-- In the order of the waterfall.
-- $1 refund_id
SELECT
    l.reversal_id,
    l.kind,
    l.coins,
    l.lot_id,
    l.party,
    l.charge_id
FROM minor_refund_part AS part
INNER JOIN reversal_leg AS l ON part.reversal_id = l.reversal_id
WHERE part.refund_id = $1
ORDER BY part.position, l.position;
