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
    FROM movement
    WHERE outcome = 'posted'
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
-- INV8, second half: a lot's coins are what was taken from it and what its account has left of it.
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
        -sum(coins) FILTER (WHERE coins < 0) AS taken,
        sum(coins) FILTER (WHERE coins > 0) AS created
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
