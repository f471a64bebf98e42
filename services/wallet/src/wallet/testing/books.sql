-- Each statement selects what is wrong with the books; all must select nothing.

-- name: units_not_summing_to_zero
-- INV1: what all viewers hold, all system accounts together lack.
SELECT total.coins
FROM (
    SELECT
        (SELECT coalesce(sum(credits_coins - debits_coins), 0) FROM account)
        + (SELECT coalesce(sum(credits_coins - debits_coins), 0) FROM system_account) AS coins
) AS total
WHERE total.coins <> 0;

-- name: accounts_not_as_replayed
-- INV3: an account is what its posted movements add up to, versions from 1 without a gap, and each
-- movement tells the balance that it left.
SELECT
    a.account_id,
    a.version,
    a.credits_coins,
    a.debits_coins,
    r.movements,
    r.credited,
    r.debited,
    r.wrong_balances
FROM account AS a
LEFT JOIN (
    SELECT
        m.account_id,
        count(*) AS movements,
        max(m.version) AS version,
        coalesce(sum(m.coins) FILTER (WHERE m.coins > 0), 0) AS credited,
        coalesce(-sum(m.coins) FILTER (WHERE m.coins < 0), 0) AS debited,
        count(*) FILTER (WHERE m.balance_coins <> m.running) AS wrong_balances
    FROM (
        SELECT
            account_id,
            version,
            coins,
            balance_coins,
            sum(coins) OVER (PARTITION BY account_id ORDER BY version) AS running
        FROM movement
        WHERE outcome = 'posted'
    ) AS m
    GROUP BY m.account_id
) AS r ON a.account_id = r.account_id
WHERE
    a.version <> coalesce(r.movements, 0)
    OR a.version <> coalesce(r.version, 0)
    OR a.credits_coins <> coalesce(r.credited, 0)
    OR a.debits_coins <> coalesce(r.debited, 0)
    OR coalesce(r.wrong_balances, 0) > 0;

-- name: system_accounts_not_as_replayed
-- INV3 for the other side.
SELECT
    coalesce(s.name, r.counter) AS name,
    coalesce(s.shard, r.counter_shard) AS shard,
    s.credits_coins,
    s.debits_coins,
    r.credited,
    r.debited
FROM system_account AS s
FULL JOIN (
    SELECT
        counter,
        counter_shard,
        coalesce(-sum(coins) FILTER (WHERE coins < 0), 0) AS credited,
        coalesce(sum(coins) FILTER (WHERE coins > 0), 0) AS debited
    FROM (
        SELECT
            counter,
            counter_shard,
            coins
        FROM movement
        WHERE outcome = 'posted'
        UNION ALL
        SELECT
            debit,
            shard,
            coins
        FROM transfer
        UNION ALL
        SELECT
            credit,
            shard,
            -coins
        FROM transfer
    ) AS entry
    GROUP BY
        counter,
        counter_shard
) AS r ON s.name = r.counter AND s.shard = r.counter_shard
WHERE
    coalesce(s.credits_coins, 0) <> coalesce(r.credited, 0)
    OR coalesce(s.debits_coins, 0) <> coalesce(r.debited, 0);

-- name: movements_not_summing_to_their_slices
-- INV8, first half.
SELECT
    m.movement_id,
    m.coins,
    sum(s.coins) AS slices
FROM movement AS m
INNER JOIN movement_slice AS s ON m.movement_id = s.movement_id
WHERE m.outcome = 'posted'
GROUP BY
    m.movement_id,
    m.coins
HAVING m.coins <> sum(s.coins);

-- name: lots_not_adding_up
-- INV8, second half: a lot's coins are what was taken from it, less what was put back, and what its
-- account has left of it.
SELECT
    l.lot_id,
    l.coins,
    t.taken,
    o.coins AS still_open
FROM lot AS l
LEFT JOIN (
    SELECT
        lot_id,
        account_id,
        -sum(coins) FILTER (WHERE kind NOT IN ('purchase', 'bonus')) AS taken,
        sum(coins) FILTER (WHERE kind IN ('purchase', 'bonus')) AS created
    FROM movement_slice
    GROUP BY
        lot_id,
        account_id
) AS t ON l.lot_id = t.lot_id
LEFT JOIN (
    SELECT
        a.account_id,
        each.lot_id,
        each.coins
    FROM account AS a
    CROSS JOIN LATERAL unnest(a.lot_ids, a.lot_coins) AS each (lot_id, coins)
) AS o ON l.lot_id = o.lot_id
WHERE
    l.coins <> coalesce(t.taken, 0) + coalesce(o.coins, 0)
    OR l.coins <> t.created
    OR l.account_id <> coalesce(o.account_id, l.account_id)
    OR l.account_id IS DISTINCT FROM t.account_id;

-- name: open_lots_out_of_order
-- Coins are spent in the declared order.
SELECT ordered.account_id
FROM (
    SELECT
        a.account_id,
        each.position,
        row_number() OVER (
            PARTITION BY a.account_id
            ORDER BY
                l.expires_at ASC NULLS LAST,
                array_position(ARRAY['earned', 'bonus', 'granted', 'purchased'], l.class) ASC,
                l.lot_id ASC
        ) AS expected
    FROM account AS a
    CROSS JOIN LATERAL unnest(a.lot_ids) WITH ORDINALITY AS each (lot_id, position)
    INNER JOIN lot AS l ON each.lot_id = l.lot_id
) AS ordered
WHERE ordered.position <> ordered.expected;

-- name: debts_not_as_replayed
-- An account's debt is what its entries add up to, each tells the debt that it left, and all debts
-- together are what viewers are owed for.
SELECT
    a.account_id,
    a.debt_coins,
    d.debt_coins AS replayed_coins,
    d.wrong
FROM account AS a
LEFT JOIN (
    SELECT
        e.account_id,
        max(e.running) FILTER (WHERE e.is_last) AS debt_coins,
        count(*) FILTER (WHERE e.debt_coins <> e.running) AS wrong
    FROM (
        SELECT
            account_id,
            debt_coins,
            sum(
                CASE kind
                    WHEN 'owed' THEN coins
                    WHEN 'undone' THEN coins
                    WHEN 'returned' THEN 0
                    ELSE -coins
                END
            ) OVER (PARTITION BY account_id ORDER BY seq) AS running,
            seq = max(seq) OVER (PARTITION BY account_id) AS is_last
        FROM debt_entry
    ) AS e
    GROUP BY e.account_id
) AS d ON a.account_id = d.account_id
WHERE a.debt_coins <> coalesce(d.debt_coins, 0) OR coalesce(d.wrong, 0) > 0;

-- name: receivable_is_not_all_debt
SELECT total.coins
FROM (
    SELECT
        (SELECT coalesce(sum(debt_coins), 0) FROM account)
        + (
            SELECT coalesce(sum(credits_coins - debits_coins), 0)
            FROM system_account WHERE name = 'receivable'
        ) AS coins
) AS total
WHERE total.coins <> 0;

-- name: clearing_is_not_all_held
-- What waits in clearing is what undecided reversals have taken and not given back.
SELECT total.coins
FROM (
    SELECT
        (
            SELECT coalesce(sum(credits_coins - debits_coins), 0)
            FROM system_account WHERE name = 'reversal_clearing'
        )
        - (
            SELECT coalesce(sum(l.coins), 0)
            FROM reversal AS r
            INNER JOIN reversal_leg AS l USING (reversal_id)
            WHERE
                r.is_held
                AND NOT EXISTS (
                    SELECT FROM reversal_settled AS s WHERE s.reversal_id = r.reversal_id
                )
        )
        + (
            SELECT coalesce(sum(b.coins), 0)
            FROM reversal AS r
            INNER JOIN reinstatement_leg AS b USING (reversal_id)
            WHERE
                r.is_held
                AND NOT EXISTS (
                    SELECT FROM reversal_settled AS s WHERE s.reversal_id = r.reversal_id
                )
        ) AS coins
) AS total
WHERE total.coins <> 0;

-- name: legs_not_adding_up
-- Legs sum to their reversal, and give back no more than they took.
SELECT
    r.reversal_id,
    r.coins,
    sum(l.coins) AS legs,
    sum(b.coins) AS back
FROM reversal AS r
LEFT JOIN reversal_leg AS l ON r.reversal_id = l.reversal_id
LEFT JOIN (
    SELECT
        reversal_id,
        position,
        sum(coins) AS coins
    FROM reinstatement_leg
    GROUP BY
        reversal_id,
        position
) AS b ON l.reversal_id = b.reversal_id AND l.position = b.position
GROUP BY
    r.reversal_id,
    r.coins
HAVING r.coins <> coalesce(sum(l.coins), 0) OR bool_or(b.coins > l.coins);

-- name: payments_reversed_beyond
-- No more is taken back than was paid, nor given back than was taken (E07, E10).
SELECT
    p.purchase_id,
    p.amount_minor,
    t.taken_minor
FROM purchase AS p
INNER JOIN (
    SELECT
        purchase_id,
        sum(amount_minor) AS taken_minor
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
    ) AS booked
    GROUP BY purchase_id
) AS t ON p.purchase_id = t.purchase_id
WHERE t.taken_minor NOT BETWEEN 0 AND p.amount_minor;

-- name: claims_on_creators_not_as_settled
-- INV3: creators are asked for what was taken back of their gifts and not given back, less what is
-- settled of both.
SELECT c.coins
FROM (
    SELECT
        (
            SELECT coalesce(sum(debits_coins - credits_coins), 0)
            FROM system_account
            WHERE name = 'creator_claim'
        )
        - (SELECT coalesce(sum(coins), 0) FROM reversal_leg WHERE kind = 'creator_unmatured')
        + (
            SELECT coalesce(sum(b.coins), 0)
            FROM reinstatement_leg AS b
            INNER JOIN reversal_leg AS l USING (reversal_id, position)
            WHERE l.kind = 'creator_unmatured'
        )
        + (
            SELECT
                coalesce(
                    sum(
                        CASE WHEN cause_id = reversal_id THEN 1 ELSE -1 END
                        * (covered_coins + reserve_coins + loss_coins)
                    ), 0
                )
            FROM leg_settlement
        ) AS coins
) AS c
WHERE c.coins <> 0;
