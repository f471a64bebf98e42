-- Questions to the wallet's database about what was taken back and given back, in the form of those in
-- wallet.sql.

-- name: debts_replay
-- INV2, INV3: what viewers owe is what their entries add up to, and all of it is receivable.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(label) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        a.owner_id AS label,
        a.debt_coins <> coalesce(d.debt_coins, 0) AS is_wrong
    FROM account AS a
    LEFT JOIN (
        SELECT
            account_id,
            sum(
                CASE
                    WHEN kind IN ('owed', 'undone') THEN coins
                    WHEN kind IN ('forgiven', 'repaid') THEN -coins
                    ELSE 0
                END
            ) AS debt_coins
        FROM debt_entry
        GROUP BY account_id
    ) AS d ON a.account_id = d.account_id
    UNION ALL
    SELECT
        'receivable' AS label,
        (SELECT coalesce(sum(debt_coins), 0) FROM account)
        <> (
            SELECT coalesce(sum(debits_coins - credits_coins), 0)
            FROM system_account
            WHERE name = 'receivable'
        ) AS is_wrong
) AS debts;

-- name: reversals_add_up
-- INV8: legs are all of their reversal, and give back no more than they took.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('reversal ' || reversal_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        r.reversal_id,
        r.coins <> coalesce(sum(l.coins), 0)
        OR coalesce(bool_or(coalesce(b.coins, 0) > l.coins), false) AS is_wrong
    FROM reversal AS r
    LEFT JOIN reversal_leg AS l ON r.reversal_id = l.reversal_id
    LEFT JOIN (
        SELECT
            reversal_id,
            position,
            sum(coins) AS coins
        FROM reinstatement_leg
        GROUP BY reversal_id, position
    ) AS b ON l.reversal_id = b.reversal_id AND l.position = b.position
    GROUP BY r.reversal_id
) AS reversals;

-- name: payments_not_exceeded
-- INV4: of no payment is more taken back than was paid, and what is booked is what is claimed.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('purchase ' || purchase_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        p.purchase_id,
        coalesce(b.booked_minor, 0) <> CASE
            WHEN p.credited_at IS NULL THEN 0 ELSE least(c.net_minor, p.amount_minor)
        END AS is_wrong
    FROM purchase AS p
    INNER JOIN (
        SELECT
            purchase_id,
            sum(claimed_minor - returned_minor) AS net_minor
        FROM payment_claim
        GROUP BY purchase_id
    ) AS c ON p.purchase_id = c.purchase_id
    LEFT JOIN (
        SELECT
            purchase_id,
            sum(amount_minor) AS booked_minor
        FROM (
            SELECT
                purchase_id,
                amount_minor
            FROM reversal
            UNION ALL
            SELECT
                purchase_id,
                -amount_minor
            FROM reinstatement
        ) AS bookings
        GROUP BY purchase_id
    ) AS b ON p.purchase_id = b.purchase_id
) AS payments;

-- name: claims_replay
-- INV3: what creators are asked for is what their legs come to, less what was given back and what is
-- settled; a settlement is of all that was asked for.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(label) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        'leg ' || s.position || ' of reversal ' || s.reversal_id AS label,
        (
            s.covered_coins + s.reserve_coins + s.loss_coins
            = CASE WHEN s.cause_id = s.reversal_id THEN l.coins ELSE b.coins END
        ) IS NOT TRUE AS is_wrong
    FROM leg_settlement AS s
    LEFT JOIN reversal_leg AS l
        ON
            s.reversal_id = l.reversal_id
            AND s.position = l.position
            AND l.kind = 'creator_unmatured'
    LEFT JOIN reinstatement_leg AS b
        ON
            s.reversal_id = b.reversal_id
            AND s.position = b.position
            AND s.cause_id = b.reinstatement_id
    UNION ALL
    SELECT
        'creator_claim' AS label,
        (
            SELECT coalesce(sum(debits_coins - credits_coins), 0)
            FROM system_account
            WHERE name = 'creator_claim'
        )
        <> coalesce(
            sum(
                l.coins
                - coalesce(b.coins, 0)
                - coalesce(s.coins, 0)
            ), 0
        ) AS is_wrong
    FROM reversal_leg AS l
    LEFT JOIN LATERAL (
        SELECT sum(coins) AS coins
        FROM reinstatement_leg
        WHERE reversal_id = l.reversal_id AND position = l.position
    ) AS b ON true
    LEFT JOIN LATERAL (
        SELECT
            sum(
                CASE WHEN cause_id = reversal_id THEN 1 ELSE -1 END
                * (covered_coins + reserve_coins + loss_coins)
            ) AS coins
        FROM leg_settlement
        WHERE reversal_id = l.reversal_id AND position = l.position
    ) AS s ON true
    WHERE l.kind = 'creator_unmatured'
) AS claims;

-- name: select_reversed
-- INV9: coins of gifts that are taken back, per creator, and what of them creators bear.
SELECT
    l.party COLLATE "C" AS creator_id,
    sum(l.coins - coalesce(b.coins, 0))::bigint AS coins,
    sum(coalesce(s.covered_coins, 0))::bigint AS covered_coins
FROM reversal_leg AS l
LEFT JOIN LATERAL (
    SELECT sum(coins) AS coins
    FROM reinstatement_leg
    WHERE reversal_id = l.reversal_id AND position = l.position
) AS b ON true
LEFT JOIN LATERAL (
    SELECT
        sum(
            CASE WHEN cause_id = reversal_id THEN covered_coins ELSE -covered_coins END
        ) AS covered_coins
    FROM leg_settlement
    WHERE reversal_id = l.reversal_id AND position = l.position
) AS s ON true
WHERE l.kind = 'creator_unmatured'
GROUP BY l.party COLLATE "C"
ORDER BY l.party COLLATE "C";

-- name: leg_facts
-- For COPY: each leg that creators were asked for, and each that was given back (see facts.py).
SELECT
    uuid_send(cause_id)
    || substr(
        sha256(
            convert_to(
                concat_ws(chr(31), reversal_id, position, party, charge_id, lot_id, coins), 'UTF8'
            )
        ), 1, 16
    ) AS fact
FROM (
    SELECT
        reversal_id AS cause_id,
        reversal_id,
        position,
        party,
        charge_id,
        lot_id,
        coins
    FROM reversal_leg
    WHERE kind = 'creator_unmatured'
    UNION ALL
    SELECT
        b.reinstatement_id,
        l.reversal_id,
        l.position,
        l.party,
        l.charge_id,
        l.lot_id,
        b.coins
    FROM reinstatement_leg AS b
    INNER JOIN reversal_leg AS l USING (reversal_id, position)
    WHERE l.kind = 'creator_unmatured'
) AS legs;

-- name: settlement_facts
-- For COPY: how each leg was settled (see facts.py).
SELECT
    uuid_send(cause_id)
    || substr(
        sha256(
            convert_to(
                concat_ws(
                    chr(31), reversal_id, position, covered_coins, reserve_coins + loss_coins
                ), 'UTF8'
            )
        ), 1, 16
    ) AS fact
FROM leg_settlement;
