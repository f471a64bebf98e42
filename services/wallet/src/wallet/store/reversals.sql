-- name: insert_reversals
-- In the order given.
-- $1 reversal_ids, $2 purchase_ids, $3 claims, $4 amount_minor, $5 coins, $6 policy_versions,
-- $7 is_held, $8 actors, $9 notes, $10 booked_at
INSERT INTO reversal (
    reversal_id,
    purchase_id,
    claim,
    amount_minor,
    coins,
    policy_version,
    is_held,
    actor,
    note,
    booked_at
)
SELECT
    i.reversal_id,
    i.purchase_id,
    i.claim,
    i.amount_minor,
    i.coins,
    i.policy_version,
    i.is_held,
    i.actor,
    i.note,
    i.booked_at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::integer[], $7::boolean[],
    $8::text[], $9::text[], $10::timestamptz[]
) WITH ORDINALITY
    AS i (
        reversal_id, purchase_id, claim, amount_minor, coins, policy_version, is_held, actor, note,
        booked_at, place
    )
ORDER BY i.place;

-- name: insert_legs
-- Positions are the order of the waterfall.
-- $1 reversal_ids, $2 positions, $3 kinds, $4 coins, $5 lot_ids, $6 parties, $7 charge_ids
INSERT INTO reversal_leg (reversal_id, position, kind, coins, lot_id, party, charge_id)
SELECT
    reversal_id,
    position,
    kind,
    coins,
    lot_id,
    party,
    charge_id
FROM unnest(
    $1::uuid[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::uuid[]
) AS i (reversal_id, position, kind, coins, lot_id, party, charge_id);

-- name: find_reversal
-- $1 reversal_id
SELECT
    r.reversal_id,
    r.purchase_id,
    r.claim,
    c.kind,
    r.amount_minor,
    r.coins,
    r.policy_version,
    r.is_held,
    r.actor,
    r.note,
    r.booked_at
FROM reversal AS r
INNER JOIN payment_claim AS c ON r.purchase_id = c.purchase_id AND r.claim = c.claim
WHERE r.reversal_id = $1;

-- name: select_legs
-- In the order of the waterfall.
-- $1 reversal_id
SELECT
    kind,
    coins,
    lot_id,
    party,
    charge_id
FROM reversal_leg
WHERE reversal_id = $1
ORDER BY position;

-- name: select_held
-- Reversals of a claim whose decision is not booked yet, with what of them is still taken, by class
-- of lot.
-- $1 purchase_id, $2 claim
SELECT
    r.reversal_id,
    lot.class,
    coalesce(sum(l.coins - coalesce(back.coins, 0)), 0)::bigint AS coins
FROM reversal AS r
LEFT JOIN reversal_leg AS l ON r.reversal_id = l.reversal_id
LEFT JOIN LATERAL (
    SELECT sum(b.coins) AS coins
    FROM reinstatement_leg AS b
    WHERE b.reversal_id = l.reversal_id AND b.position = l.position
) AS back ON true
LEFT JOIN lot ON l.lot_id = lot.lot_id
WHERE
    r.purchase_id = $1
    AND r.claim = $2
    AND r.is_held
    AND NOT EXISTS (SELECT FROM reversal_settled AS s WHERE s.reversal_id = r.reversal_id)
GROUP BY r.reversal_id, r.seq, lot.class
ORDER BY r.seq, lot.class;

-- name: insert_settled
-- $1 reversal_ids, $2 settled_at
INSERT INTO reversal_settled (reversal_id, settled_at)
SELECT
    reversal_id,
    $2
FROM unnest($1::uuid[]) AS i (reversal_id);
