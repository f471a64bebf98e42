-- Gives many viewers a wallet of four lots each, with the journal that made them: what four
-- `post_credits` for each would leave, but in seconds. Whoever spends 600 coins crosses from lot to
-- lot three times. The number of viewers is in the setting bench.viewers.
INSERT INTO account (owner_id)
SELECT 'viewer-' || n
FROM generate_series(0, current_setting('bench.viewers')::integer - 1) AS n;

INSERT INTO lot (
    account_id,
    class,
    coins,
    acquired_at,
    refundable_until,
    movement_id,
    source_kind,
    source_id
)
SELECT
    a.account_id,
    each.class,
    each.coins,
    now(),
    now() + INTERVAL '14 days',
    each.movement_id,
    'purchase',
    each.movement_id
FROM account AS a
CROSS JOIN LATERAL (
    SELECT
        k.position,
        k.class,
        k.coins,
        uuidv7() AS movement_id
    FROM (
        VALUES
        (1, 'bonus', 100),
        (2, 'bonus', 100),
        (3, 'purchased', 400),
        (4, 'purchased', 1000000000)
    ) AS k (position, class, coins)
    -- Else the ids would be made once for all accounts.
    WHERE a.account_id > 0
) AS each
ORDER BY
    a.account_id,
    each.position;

INSERT INTO movement (
    movement_id,
    account_id,
    version,
    coins,
    balance_coins,
    posted_at,
    lot_id,
    counter_shard,
    kind,
    outcome,
    counter
)
SELECT
    movement_id,
    account_id,
    row_number() OVER lots,
    coins,
    sum(coins) OVER lots,
    acquired_at,
    lot_id,
    0,
    CASE class WHEN 'bonus' THEN 'bonus' ELSE 'purchase' END,
    'posted',
    CASE class WHEN 'bonus' THEN 'promotion' ELSE 'mint:USD' END
FROM lot
WINDOW lots AS (PARTITION BY account_id ORDER BY lot_id);

INSERT INTO system_account (name, shard, debits_coins)
SELECT
    counter,
    counter_shard,
    sum(coins)
FROM movement
GROUP BY
    counter,
    counter_shard;

UPDATE account AS a
SET
    version = l.lots,
    credits_coins = l.coins,
    lot_ids = l.lot_ids,
    lot_coins = l.lot_coins
FROM (
    SELECT
        account_id,
        count(*) AS lots,
        sum(coins)::bigint AS coins,
        array_agg(lot_id ORDER BY lot_id) AS lot_ids,
        array_agg(coins ORDER BY lot_id) AS lot_coins
    FROM lot
    GROUP BY account_id
) AS l
WHERE a.account_id = l.account_id;
