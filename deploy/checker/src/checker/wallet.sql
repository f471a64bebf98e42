-- Questions to the wallet's database. Each answers with: how many things were compared, how many are
-- wrong, and a few of those.

-- name: accounts_sum_to_zero
-- INV1: every coin that an account has, another account owes.
SELECT
    count(*) AS compared,
    (coalesce(sum(balance), 0) <> 0)::integer AS wrong,
    CASE WHEN sum(balance) <> 0 THEN ARRAY['the sum is ' || sum(balance)] END AS examples
FROM (
    SELECT credits_coins - debits_coins AS balance
    FROM account
    UNION ALL
    SELECT credits_coins - debits_coins
    FROM system_account
) AS accounts;

-- name: no_balance_below_zero
-- INV2: nobody has spent coins that they did not have, unless the debt is on record.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(owner_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        owner_id,
        (credits_coins - debits_coins < 0 AND debt_coins = 0) OR debt_coins < 0 AS is_wrong
    FROM account
) AS accounts;

-- name: accounts_replay
-- INV3: totals and version of an account are what its movements add up to.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(label) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        coalesce(a.owner_id, 'account ' || m.account_id) AS label,
        a.account_id IS NULL
        OR (a.credits_coins, a.debits_coins, a.version)
        IS DISTINCT FROM (
            coalesce(m.credits_coins, 0), coalesce(m.debits_coins, 0), coalesce(m.movements, 0)
        ) AS is_wrong
    FROM account AS a
    FULL JOIN (
        SELECT
            account_id,
            count(*) AS movements,
            coalesce(sum(coins) FILTER (WHERE coins > 0), 0) AS credits_coins,
            coalesce(-sum(coins) FILTER (WHERE coins < 0), 0) AS debits_coins
        FROM movement
        WHERE outcome = 'posted'
        GROUP BY account_id
    ) AS m ON a.account_id = m.account_id
) AS accounts;

-- name: movements_step
-- INV3: the movements of an account are numbered without a gap, and each leaves the balance that the
-- one before it left, plus its own coins.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('movement ' || movement_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        movement_id,
        version <> row_number() OVER history
        OR balance_coins <> coins + lag(balance_coins, 1, 0::bigint) OVER history AS is_wrong
    FROM movement
    WHERE outcome = 'posted'
    WINDOW history AS (PARTITION BY account_id ORDER BY version)
) AS movements;

-- name: system_accounts_replay
-- INV3: the other side of each movement, and both of each transfer, shard by shard.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(label) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        name || ' ' || shard AS label,
        (coalesce(s.credits_coins, 0), coalesce(s.debits_coins, 0))
        IS DISTINCT FROM (coalesce(m.credits_coins, 0), coalesce(m.debits_coins, 0)) AS is_wrong
    FROM system_account AS s
    FULL JOIN (
        SELECT
            name,
            shard,
            -sum(coins) FILTER (WHERE coins < 0) AS credits_coins,
            sum(coins) FILTER (WHERE coins > 0) AS debits_coins
        FROM (
            SELECT
                counter AS name,
                counter_shard AS shard,
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
        ) AS entries
        GROUP BY name, shard
    ) AS m USING (name, shard)
) AS accounts;

-- name: slices_add_up
-- INV8: the lots that paid for a movement gave exactly its coins; a refused one took nothing.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('movement ' || movement_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        movement_id,
        CASE
            WHEN outcome <> 'posted' THEN lot_id IS NOT NULL OR lot_ids IS NOT NULL
            WHEN lot_ids IS NULL THEN lot_id IS NULL
            ELSE
                cardinality(lot_ids) <> cardinality(lot_coins)
                OR (SELECT sum(each) FROM unnest(lot_coins) AS each) IS DISTINCT FROM -coins
        END AS is_wrong
    FROM movement
) AS movements;

-- name: lots_add_up
-- INV8: what was taken from a lot, less what was put back, and what is left of it are all of it; only
-- its owner took any; and one movement made it.
WITH used AS (
    SELECT
        lot_id,
        coalesce(-sum(coins) FILTER (WHERE kind NOT IN ('purchase', 'bonus')), 0) AS taken_coins,
        sum(coins) FILTER (WHERE kind IN ('purchase', 'bonus')) AS created_coins,
        count(*) FILTER (WHERE kind IN ('purchase', 'bonus')) AS creations,
        min(account_id) AS first_account_id,
        max(account_id) AS last_account_id
    FROM movement_slice
    GROUP BY lot_id
),

remaining AS (
    SELECT
        open.lot_id,
        sum(open.coins) AS coins,
        min(a.account_id) AS first_account_id,
        max(a.account_id) AS last_account_id
    FROM account AS a
    CROSS JOIN LATERAL unnest(a.lot_ids, a.lot_coins) AS open (lot_id, coins)
    GROUP BY open.lot_id
)

SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('lot ' || lot_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        lot_id,
        (
            l.coins = u.taken_coins + coalesce(r.coins, 0)
            AND l.coins = u.created_coins
            AND u.creations = 1
            AND l.account_id = u.first_account_id
            AND l.account_id = u.last_account_id
            AND l.account_id = coalesce(r.first_account_id, l.account_id)
            AND l.account_id = coalesce(r.last_account_id, l.account_id)
        ) IS NOT TRUE AS is_wrong
    FROM lot AS l
    FULL JOIN used AS u USING (lot_id)
    FULL JOIN remaining AS r USING (lot_id)
) AS lots;

-- name: purchases_become_lots
-- INV4: a payment became exactly the coins that were bought, in the buyer's wallet; without one,
-- nothing did.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('purchase ' || purchase_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        p.purchase_id,
        CASE
            WHEN p.credited_at IS NOT NULL
                THEN
                    (p.coins, p.bonus_coins, p.user_id, p.user_id)
                    IS DISTINCT FROM (
                        l.coins, coalesce(l.bonus_coins, 0), l.first_owner, l.last_owner
                    )
            ELSE l.source_id IS NOT NULL
        END AS is_wrong
    FROM purchase AS p
    LEFT JOIN (
        SELECT
            lot.source_id,
            sum(lot.coins) FILTER (WHERE lot.class = 'purchased') AS coins,
            sum(lot.coins) FILTER (WHERE lot.class = 'bonus') AS bonus_coins,
            min(account.owner_id) AS first_owner,
            max(account.owner_id) AS last_owner
        FROM lot
        INNER JOIN account ON lot.account_id = account.account_id
        GROUP BY lot.source_id
    ) AS l ON p.purchase_id = l.source_id
) AS purchases;

-- name: deliveries_promised
-- INV4: a purchase that Google Play took the money for is promised to be consumed once it is
-- credited, or the store gives the money back; no other is.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('purchase ' || purchase_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        p.purchase_id,
        (p.provider = 'google_play' AND p.credited_at IS NOT NULL)
        <> (e.purchase_id IS NOT NULL) AS is_wrong
    FROM purchase AS p
    LEFT JOIN store_errand AS e
        ON p.purchase_id = e.purchase_id AND p.payment_id = e.payment_id AND e.kind = 'consume'
) AS deliveries;

-- name: charge_facts
-- For COPY: what each charge was asked for and what came of it (see facts.py).
SELECT
    uuid_send(m.movement_id)
    || CASE m.outcome WHEN 'posted' THEN 'S'::bytea ELSE 'R'::bytea END
    || substr(
        sha256(
            convert_to(concat_ws(chr(31), a.owner_id, m.order_key, -m.coins), 'UTF8')
        ), 1, 15
    )
    || substr(
        sha256(
            convert_to(
                CASE m.outcome
                    WHEN 'posted'
                        THEN concat_ws(
                            chr(31),
                            m.order_key,
                            -m.coins,
                            array_to_string(coalesce(m.lot_ids, ARRAY[m.lot_id]), ','),
                            array_to_string(coalesce(m.lot_coins, ARRAY[-m.coins]), ',')
                        )
                    ELSE
                        concat_ws(
                            chr(31),
                            m.order_key,
                            -m.coins,
                            m.balance_coins,
                            CASE m.outcome
                                WHEN 'day_limit_reached' THEN 'day'
                                WHEN 'week_limit_reached' THEN 'week'
                                WHEN 'creator_limit_reached' THEN 'creator_day'
                                WHEN 'platform_day_reached' THEN 'platform_day'
                                WHEN 'platform_week_reached' THEN 'platform_week'
                                WHEN 'platform_charge_reached' THEN 'per_transaction'
                            END,
                            r.limit_coins,
                            r.spent_coins,
                            (extract(EPOCH FROM r.frees_up_at) * 1000000)::bigint
                        )
                END, 'UTF8'
            )
        ), 1, 16
    ) AS fact
FROM movement AS m
INNER JOIN account AS a ON m.account_id = a.account_id
LEFT JOIN limit_refusal AS r ON m.movement_id = r.movement_id
WHERE m.kind = 'charge';

-- name: balance_facts
-- For COPY: how each account that ever moved stands, and whether it has spent anything.
SELECT
    substr(sha256(convert_to(owner_id, 'UTF8')), 1, 16)
    || int8send(version)
    || int8send(credits_coins - debits_coins)
    || CASE WHEN debits_coins > 0 THEN '\x01'::bytea ELSE '\x00'::bytea END AS fact
FROM account
WHERE version > 0;

-- name: purchase_facts
-- For COPY: the lots of each purchase whose coins are in the wallet.
SELECT
    uuid_send(p.purchase_id)
    || substr(
        sha256(
            convert_to(
                concat_ws(
                    chr(31),
                    p.user_id,
                    string_agg(
                        concat_ws(chr(31), l.lot_id, l.class, l.coins), chr(31)
                        ORDER BY l.lot_id
                    )
                ), 'UTF8'
            )
        ), 1, 16
    ) AS fact
FROM purchase AS p
LEFT JOIN lot AS l ON p.purchase_id = l.source_id
WHERE p.credited_at IS NOT NULL
GROUP BY p.purchase_id;

-- name: select_creators
-- INV9: what was charged for gifts, per creator, in the order of their ids.
SELECT
    order_key COLLATE "C" AS creator_id,
    count(*) AS gifts,
    -sum(coins)::bigint AS coins
FROM movement
WHERE kind = 'charge' AND outcome = 'posted'
GROUP BY order_key COLLATE "C"
ORDER BY order_key COLLATE "C";

-- name: select_lots
-- Each lot's class, and the first day at whose start its payment cannot be taken back any more.
SELECT
    lot_id,
    class,
    (refundable_until AT TIME ZONE 'UTC' + INTERVAL '1 day - 1 microsecond')::date AS matures_on
FROM lot
ORDER BY lot_id;
