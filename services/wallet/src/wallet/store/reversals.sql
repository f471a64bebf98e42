-- name: insert_reversals
-- In the order given, with their legs, whose positions are the order of the waterfall.
-- $1 reversal_ids, $2 purchase_ids, $3 claims, $4 amount_minor, $5 coins, $6 policy_versions,
-- $7 is_held, $8 actors, $9 notes, $10 booked_at; of the legs $11 reversal_ids, $12 positions,
-- $13 kinds, $14 coins, $15 lot_ids, $16 parties, $17 charge_ids. Integers come as text: see
-- arrays.py.
WITH booked AS (
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
        $1::uuid[],
        $2::uuid[],
        $3::text[],
        $4::text::bigint[],
        $5::text::bigint[],
        $6::text::integer[],
        $7::boolean[],
        $8::text[],
        $9::text[],
        $10::timestamptz[]
    ) WITH ORDINALITY
        AS i (
            reversal_id, purchase_id, claim, amount_minor, coins, policy_version, is_held, actor,
            note, booked_at, place
        )
    ORDER BY i.place
)

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
    $11::uuid[],
    $12::text::integer[],
    $13::text[],
    $14::text::bigint[],
    $15::text::bigint[],
    $16::text[],
    $17::uuid[]
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
