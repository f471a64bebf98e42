-- Questions to the wallet's database about single gifts that are taken back, in the form of those in
-- wallet.sql.

-- name: minor_refunds_add_up
-- INV8: the parts of a minor refund are all of it, and of that user's gifts in its range alone (E30).
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('minor refund ' || refund_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        f.refund_id,
        f.coins <> coalesce(sum(l.coins), 0)
        OR coalesce(
            bool_or(
                (
                    c.kind = 'minor_refund'
                    AND a.owner_id = f.user_id
                    AND m.kind = 'charge'
                    AND m.posted_at >= f.range_from
                    AND m.posted_at < f.range_to
                ) IS NOT TRUE
            ), false
        ) AS is_wrong
    FROM minor_refund AS f
    LEFT JOIN minor_refund_part AS p ON f.refund_id = p.refund_id
    LEFT JOIN reversal AS r ON p.reversal_id = r.reversal_id
    LEFT JOIN payment_claim AS c ON r.purchase_id = c.purchase_id AND r.claim = c.claim
    LEFT JOIN reversal_leg AS l ON r.reversal_id = l.reversal_id
    LEFT JOIN movement AS m ON l.charge_id = m.movement_id
    LEFT JOIN account AS a ON m.account_id = a.account_id
    GROUP BY f.refund_id
) AS refunds;

-- name: gifts_not_exceeded
-- INV8: of a gift no more is taken back than each lot had paid for it.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || charge_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        t.charge_id,
        (t.coins <= -s.coins) IS NOT TRUE AS is_wrong
    FROM (
        SELECT
            l.charge_id,
            l.lot_id,
            sum(l.coins - coalesce(b.coins, 0)) AS coins
        FROM reversal_leg AS l
        LEFT JOIN (
            SELECT
                reversal_id,
                position,
                sum(coins) AS coins
            FROM reinstatement_leg
            GROUP BY reversal_id, position
        ) AS b ON l.reversal_id = b.reversal_id AND l.position = b.position
        WHERE l.charge_id IS NOT NULL
        GROUP BY l.charge_id, l.lot_id
    ) AS t
    LEFT JOIN movement_slice AS s
        ON t.charge_id = s.movement_id AND t.lot_id = s.lot_id AND s.kind = 'charge'
) AS gifts;
