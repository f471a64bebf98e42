-- Charges that are given back to who was charged.

-- name: select_undone
-- Of these charges those that are undone.
-- $1 charge_ids
SELECT charge_id
FROM charge_undo
WHERE charge_id = any($1::uuid[]);

-- name: select_legs_of_lots
-- What reversals of payments have taken of lots and not given back, in the order in which it was
-- booked, with the claim that each was taken for.
-- $1 lot_ids
SELECT
    r.purchase_id,
    r.claim,
    c.kind AS claim_kind,
    r.reversal_id,
    l.position,
    r.is_held
    AND NOT EXISTS (
        SELECT FROM reversal_settled AS s WHERE s.reversal_id = r.reversal_id
    ) AS is_held,
    l.kind,
    (l.coins - coalesce(back.coins, 0))::bigint AS coins,
    l.lot_id,
    l.party,
    l.charge_id
FROM reversal_leg AS l
INNER JOIN reversal AS r ON l.reversal_id = r.reversal_id
INNER JOIN payment_claim AS c ON r.purchase_id = c.purchase_id AND r.claim = c.claim
LEFT JOIN LATERAL (
    SELECT sum(b.coins) AS coins
    FROM reinstatement_leg AS b
    WHERE b.reversal_id = l.reversal_id AND b.position = l.position
) AS back ON true
WHERE l.lot_id = any($1::bigint[]) AND l.coins > coalesce(back.coins, 0)
ORDER BY r.seq, l.position;

-- name: insert_undos
-- In the order given; each is a reversal of no payment, with its legs.
-- $1 reversal_ids, $2 charge_ids, $3 account_ids, $4 versions, $5 coins, $6 policy_version, $7 actors,
-- $8 reasons, $9 asked_at, $10 undone_at; of the legs $11 reversal_ids, $12 positions, $13 coins,
-- $14 lot_ids, $15 parties, $16 charge_ids, $17 is_expired
WITH booked AS (
    INSERT INTO reversal (
        reversal_id, amount_minor, coins, policy_version, is_held, actor, booked_at
    )
    SELECT
        i.reversal_id,
        0,
        i.coins,
        $6,
        false,
        i.actor,
        $10
    FROM unnest($1::uuid[], $5::bigint[], $7::text[]) WITH ORDINALITY
        AS i (reversal_id, coins, actor, place)
    ORDER BY i.place
),

legs AS (
    INSERT INTO reversal_leg (
        reversal_id, position, kind, coins, lot_id, party, charge_id, is_expired
    )
    SELECT
        reversal_id,
        position,
        'creator_unmatured',
        coins,
        lot_id,
        party,
        charge_id,
        is_expired
    FROM unnest(
        $11::uuid[], $12::integer[], $13::bigint[], $14::bigint[], $15::text[], $16::uuid[],
        $17::boolean[]
    ) AS i (reversal_id, position, coins, lot_id, party, charge_id, is_expired)
)

INSERT INTO charge_undo (
    charge_id, reversal_id, account_id, version, coins, reason, asked_at, undone_at
)
SELECT
    charge_id,
    reversal_id,
    account_id,
    version,
    coins,
    reason,
    asked_at,
    $10
FROM unnest(
    $1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $8::text[], $9::timestamptz[]
) AS i (reversal_id, charge_id, account_id, version, coins, reason, asked_at);
