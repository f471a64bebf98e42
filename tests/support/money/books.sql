-- name: select_wallets
-- $1 name of the example
SELECT
    owner_id,
    (credits_coins - debits_coins)::bigint AS coins,
    debt_coins::bigint AS debt_coins
FROM account
WHERE owner_id LIKE $1 || '-%';

-- name: select_losses
-- Who bears how many coins of each purchase.
-- $1 purchase_ids
SELECT
    r.purchase_id,
    l.kind,
    l.party,
    lot.class,
    sum(l.coins - coalesce(b.coins, 0))::bigint AS coins
FROM reversal AS r
INNER JOIN reversal_leg AS l USING (reversal_id)
INNER JOIN lot USING (lot_id)
LEFT JOIN (
    SELECT
        reversal_id,
        position,
        sum(coins) AS coins
    FROM reinstatement_leg
    GROUP BY reversal_id, position
) AS b USING (reversal_id, position)
WHERE r.purchase_id = any($1::uuid[])
GROUP BY r.purchase_id, l.kind, l.party, lot.class
HAVING sum(l.coins - coalesce(b.coins, 0)) > 0;

-- name: select_unbalanced_reversals
-- $1 purchase_ids
SELECT r.reversal_id
FROM reversal AS r
LEFT JOIN reversal_leg AS l USING (reversal_id)
WHERE r.purchase_id = any($1::uuid[])
GROUP BY r.reversal_id, r.coins
HAVING coalesce(sum(l.coins), 0) <> r.coins;

-- name: select_purchases
-- $1 purchase_ids
SELECT
    purchase_id,
    status
FROM purchase
WHERE purchase_id = any($1::uuid[]);

-- name: select_held
-- Coins that wait in the clearing account for a decision, by purchase.
-- $1 purchase_ids
SELECT
    r.purchase_id,
    sum(l.coins - coalesce(b.coins, 0))::bigint AS coins
FROM reversal AS r
INNER JOIN reversal_leg AS l USING (reversal_id)
LEFT JOIN (
    SELECT
        reversal_id,
        position,
        sum(coins) AS coins
    FROM reinstatement_leg
    GROUP BY reversal_id, position
) AS b USING (reversal_id, position)
WHERE
    r.purchase_id = any($1::uuid[])
    AND r.is_held
    AND NOT EXISTS (SELECT FROM reversal_settled AS s WHERE s.reversal_id = r.reversal_id)
GROUP BY r.purchase_id
HAVING sum(l.coins - coalesce(b.coins, 0)) > 0;

-- name: select_settled
-- Who bears what creators were asked for.
-- $1 purchase_ids
SELECT
    s.reversal_id,
    sum(sign * covered_coins)::bigint AS covered,
    sum(sign * reserve_coins)::bigint AS reserve,
    sum(sign * loss_coins)::bigint AS loss,
    bool_or(sign < 0) AS gave_back
FROM (
    SELECT
        *,
        CASE WHEN cause_id = reversal_id THEN 1 ELSE -1 END AS sign
    FROM leg_settlement
) AS s
INNER JOIN reversal AS r USING (reversal_id)
WHERE r.purchase_id = any($1::uuid[])
GROUP BY s.reversal_id;

-- name: select_gifts
-- $1 name of the example
SELECT
    gift_id,
    status,
    price_coins,
    reversed_coins
FROM gift
WHERE sender_id LIKE $1 || '-%';

-- name: select_totals
-- $1 name of the example
SELECT
    creator_id,
    coins,
    gifts
FROM creator_total
WHERE creator_id LIKE $1 || '-%';

-- name: select_earnings
-- What is each creator's, paid or not, what is safe and free, and what payouts have.
-- $1 name of the example, $2 day
SELECT
    creator_id,
    sum(micro_diamonds - clawed_micro_diamonds)::bigint AS has,
    coalesce(
        sum(micro_diamonds - clawed_micro_diamonds - taken_micro_diamonds)
        FILTER (WHERE matures_on <= $2::date), 0
    )::bigint AS available,
    sum(taken_micro_diamonds)::bigint AS paid
FROM earning_bucket
WHERE creator_id LIKE $1 || '-%'
GROUP BY creator_id;

-- name: select_payouts
-- $1 name of the example
SELECT
    payout_id,
    status
FROM payout
WHERE creator_id LIKE $1 || '-%';

-- name: select_withheld
-- What the tax office is owed of whom, by year.
-- $1 name of the example
SELECT
    creator_id,
    tax_year,
    sum(tax_minor)::bigint AS tax_minor
FROM withholding_entry
WHERE creator_id LIKE $1 || '-%' AND tax_year IS NOT NULL
GROUP BY creator_id, tax_year
HAVING sum(tax_minor) <> 0;

-- name: select_due
-- What of it is owed to whom it was withheld of.
-- $1 name of the example
SELECT
    creator_id,
    sum(creator_minor)::bigint AS creator_minor
FROM withholding_entry
WHERE creator_id LIKE $1 || '-%'
GROUP BY creator_id
HAVING sum(creator_minor) <> 0;

-- name: select_commissions
-- What agencies are owed now, and what later.
-- $1 name of the example, $2 moment
SELECT
    agency_id,
    coalesce(sum(amount_minor) FILTER (WHERE due_at <= $2), 0)::bigint AS available_minor,
    coalesce(sum(amount_minor) FILTER (WHERE due_at > $2), 0)::bigint AS pending_minor
FROM commission_entry
WHERE agency_id LIKE $1 || '-%'
GROUP BY agency_id;
