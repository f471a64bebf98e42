-- Questions to the wallet's database about charges that were undone, in the form of those in wallet.sql.

-- name: undos_add_up
-- I11: an undone charge was posted, to that account, before it was undone; all that its lots had paid is
-- taken back, once, by this or with their payments; and a reversal of no payment is of a charge.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('charge ' || label) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        coalesce(u.charge_id, r.reversal_id) AS label,
        (
            m.kind = 'charge'
            AND m.outcome = 'posted'
            AND m.account_id = u.account_id
            AND m.version <= u.version
            AND r.coins = u.coins
            AND l.coins = u.coins
            AND l.is_of_it
            AND NOT EXISTS (
                SELECT
                FROM movement_slice AS s
                LEFT JOIN LATERAL (
                    SELECT sum(e.coins - coalesce(b.coins, 0)) AS coins
                    FROM reversal_leg AS e
                    LEFT JOIN LATERAL (
                        SELECT sum(coins) AS coins
                        FROM reinstatement_leg
                        WHERE reversal_id = e.reversal_id AND position = e.position
                    ) AS b ON true
                    WHERE e.lot_id = s.lot_id AND e.charge_id = u.charge_id
                ) AS taken ON true
                WHERE s.movement_id = u.charge_id AND taken.coins IS DISTINCT FROM -s.coins
            )
        ) IS NOT TRUE AS is_wrong
    FROM charge_undo AS u
    FULL JOIN (SELECT * FROM reversal WHERE purchase_id IS NULL) AS r USING (reversal_id)
    LEFT JOIN movement AS m ON u.charge_id = m.movement_id
    LEFT JOIN LATERAL (
        SELECT
            sum(coins) AS coins,
            bool_and(kind = 'creator_unmatured' AND charge_id = u.charge_id) AS is_of_it
        FROM reversal_leg
        WHERE reversal_id = u.reversal_id
    ) AS l ON true
) AS undos;

-- name: undos_give_back
-- I11: what an undo gave back came to the lots that had paid, as movements of the payer's account, or
-- had expired there.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('charge ' || charge_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        u.charge_id,
        (
            (
                SELECT coalesce(sum(coins) FILTER (WHERE NOT is_expired), 0)
                FROM reversal_leg
                WHERE reversal_id = u.reversal_id
            ) = (
                SELECT coalesce(sum(m.coins), 0)
                FROM movement AS m
                WHERE
                    m.account_id = u.account_id
                    AND m.version <= u.version
                    AND m.posted_at = u.undone_at
                    AND m.kind = 'reinstatement'
                    AND m.counter = 'creator_claim'
                    AND m.lot_id IN (
                        SELECT lot_id FROM movement_slice WHERE movement_id = u.charge_id
                    )
                    AND m.version > coalesce(
                        (
                            SELECT max(o.version)
                            FROM charge_undo AS o
                            WHERE o.account_id = u.account_id AND o.version < u.version
                        ), 0
                    )
            )
        ) IS NOT TRUE AS is_wrong
    FROM charge_undo AS u
) AS undos;
