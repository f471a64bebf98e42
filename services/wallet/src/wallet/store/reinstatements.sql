-- name: insert_reinstatement
-- $1 reinstatement_id, $2 purchase_id, $3 claim, $4 amount_minor, $5 coins, $6 actor, $7 booked_at
INSERT INTO reinstatement (
    reinstatement_id,
    purchase_id,
    claim,
    amount_minor,
    coins,
    actor,
    booked_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: insert_legs
-- $1 reinstatement_id, $2 reversal_ids, $3 positions, $4 coins, $5 is_expired
INSERT INTO reinstatement_leg (reinstatement_id, reversal_id, position, coins, is_expired)
SELECT
    $1,
    reversal_id,
    position,
    coins,
    is_expired
FROM unnest($2::uuid[], $3::integer[], $4::bigint[], $5::boolean[])
    AS i (reversal_id, position, coins, is_expired);

-- name: count_reinstatements
-- $1 purchase_id, $2 claim
SELECT count(*)
FROM reinstatement
WHERE purchase_id = $1 AND claim = $2;

-- name: select_taken_legs
-- What a claim has taken and not given back, in the order in which it was booked.
-- $1 purchase_id, $2 claim
SELECT
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
FROM reversal AS r
INNER JOIN reversal_leg AS l ON r.reversal_id = l.reversal_id
LEFT JOIN LATERAL (
    SELECT sum(b.coins) AS coins
    FROM reinstatement_leg AS b
    WHERE b.reversal_id = l.reversal_id AND b.position = l.position
) AS back ON true
WHERE r.purchase_id = $1 AND r.claim = $2 AND l.coins > coalesce(back.coins, 0)
ORDER BY r.seq, l.position;

-- name: select_repaid
-- Lots out of which an account has repaid debt, the latest first, less what was given back.
-- $1 account_id
SELECT
    l.lot_id,
    l.class,
    l.refundable_until,
    l.expires_at,
    e.coins
FROM (
    SELECT
        lot_id,
        (
            sum(coins) FILTER (WHERE kind = 'repaid')
            - coalesce(sum(coins) FILTER (WHERE kind IN ('returned', 'undone')), 0)
        )::bigint AS coins
    FROM debt_entry
    WHERE account_id = $1 AND kind IN ('repaid', 'returned', 'undone')
    GROUP BY lot_id
) AS e
INNER JOIN lot AS l ON e.lot_id = l.lot_id
WHERE e.coins > 0
ORDER BY e.lot_id DESC;
