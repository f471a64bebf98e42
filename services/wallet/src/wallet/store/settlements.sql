-- Who bears what creators were asked for.

-- name: lock_reversals
-- In id order: two who settle legs of one reversal share what is left of the reserve. A reversal of no
-- payment is a charge that is undone.
-- $1 reversal_ids
SELECT
    r.reversal_id,
    coalesce(c.kind, 'undo') AS kind,
    r.policy_version
FROM reversal AS r
LEFT JOIN payment_claim AS c ON r.purchase_id = c.purchase_id AND r.claim = c.claim
WHERE r.reversal_id = any($1::uuid[])
ORDER BY r.reversal_id
FOR NO KEY UPDATE OF r;

-- name: select_asked
-- Whom legs, or reinstatements of them, concern, and with how many coins; by place in the arrays.
-- $1 reversal_ids, $2 positions, $3 cause_ids
SELECT
    (i.place - 1)::integer AS place,
    l.party,
    CASE WHEN i.cause_id = i.reversal_id THEN l.coins ELSE b.coins END AS coins
FROM unnest($1::uuid[], $2::integer[], $3::uuid[])
    WITH ORDINALITY AS i (reversal_id, position, cause_id, place)
INNER JOIN reversal_leg AS l ON i.reversal_id = l.reversal_id AND i.position = l.position
LEFT JOIN reinstatement_leg AS b
    ON
        i.reversal_id = b.reversal_id
        AND i.position = b.position
        AND i.cause_id = b.reinstatement_id
WHERE
    l.kind = 'creator_unmatured'
    AND (i.cause_id = i.reversal_id OR b.coins IS NOT NULL);

-- name: select_settlements
-- All that is settled of legs.
-- $1 reversal_ids, $2 positions
SELECT
    s.reversal_id,
    s.position,
    s.cause_id,
    s.covered_coins,
    s.reserve_coins,
    s.loss_coins
FROM unnest($1::uuid[], $2::integer[]) AS i (reversal_id, position)
INNER JOIN leg_settlement AS s ON i.reversal_id = s.reversal_id AND i.position = s.position;

-- name: select_borne_by_reserve
-- What the reserve bears of reversals: its own legs and what was settled since, less what it got
-- back.
-- $1 reversal_ids
SELECT
    reversal_id,
    sum(coins)::bigint AS coins
FROM (
    SELECT
        l.reversal_id,
        l.coins - coalesce(
            (
                SELECT sum(b.coins)
                FROM reinstatement_leg AS b
                WHERE b.reversal_id = l.reversal_id AND b.position = l.position
            ), 0
        ) AS coins
    FROM reversal_leg AS l
    WHERE l.reversal_id = any($1::uuid[]) AND l.kind = 'reserve'
    UNION ALL
    SELECT
        s.reversal_id,
        CASE WHEN s.cause_id = s.reversal_id THEN s.reserve_coins ELSE -s.reserve_coins END
    FROM leg_settlement AS s
    WHERE s.reversal_id = any($1::uuid[])
) AS parts
GROUP BY reversal_id;

-- name: insert_settlements
-- $1 reversal_ids, $2 positions, $3 cause_ids, $4 covered coins, $5 coins of the reserve,
-- $6 coins lost, $7 settled_at
INSERT INTO leg_settlement (
    reversal_id,
    position,
    cause_id,
    covered_coins,
    reserve_coins,
    loss_coins,
    settled_at
)
SELECT
    reversal_id,
    position,
    cause_id,
    covered_coins,
    reserve_coins,
    loss_coins,
    $7
FROM unnest(
    $1::uuid[], $2::integer[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[]
) AS i (reversal_id, position, cause_id, covered_coins, reserve_coins, loss_coins);
