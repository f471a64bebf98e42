-- Questions to the payouts database. Each answers with: how many things were compared, how many are
-- wrong, and a few of those.

-- name: accounts_sum_to_zero
-- INV1: every diamond that a creator has was issued.
SELECT
    count(*) AS compared,
    (coalesce(sum(balance), 0) <> 0)::integer AS wrong,
    CASE WHEN sum(balance) <> 0 THEN ARRAY['the sum is ' || sum(balance)] END AS examples
FROM (
    SELECT lifetime_micro_diamonds AS balance
    FROM creator_earning
    UNION ALL
    SELECT credits_micro_diamonds - debits_micro_diamonds
    FROM system_account
) AS accounts;

-- name: creators_replay
-- INV3: a creator's account is what their accruals add up to.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        creator_id,
        (c.gifts, c.coins, c.lifetime_micro_diamonds)
        IS DISTINCT FROM (a.gifts, a.coins, a.micro_diamonds) AS is_wrong
    FROM creator_earning AS c
    FULL JOIN (
        SELECT
            creator_id,
            count(*) AS gifts,
            sum(coins) AS coins,
            sum(micro_diamonds) AS micro_diamonds
        FROM accrual
        GROUP BY creator_id
    ) AS a USING (creator_id)
) AS creators;

-- name: buckets_replay
-- INV3: what matures on a day, at a rate, is what the slices add up to.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id || ' ' || matures_on) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        creator_id,
        matures_on,
        b.micro_diamonds IS DISTINCT FROM s.micro_diamonds AS is_wrong
    FROM earning_bucket AS b
    FULL JOIN (
        SELECT
            a.creator_id,
            slice.matures_on,
            a.rate_version,
            sum(slice.micro_diamonds) AS micro_diamonds
        FROM accrual AS a
        CROSS JOIN LATERAL unnest(a.matures_on, a.slice_micro_diamonds)
            AS slice (matures_on, micro_diamonds)
        WHERE slice.micro_diamonds <> 0
        GROUP BY a.creator_id, slice.matures_on, a.rate_version
    ) AS s USING (creator_id, matures_on, rate_version)
) AS buckets;

-- name: slices_add_up
-- INV8: an accrual's slices are all of it; each earned at its class's rate, in force at the time.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        a.gift_id,
        (
            a.sent_at >= r.effective_from
            AND (r.effective_until IS NULL OR a.sent_at < r.effective_until)
            AND s.coins = a.coins
            AND s.micro_diamonds = a.micro_diamonds
            AND s.at_their_rates
        ) IS NOT TRUE AS is_wrong
    FROM accrual AS a
    LEFT JOIN (
        SELECT
            *,
            lead(effective_from) OVER (ORDER BY effective_from) AS effective_until
        FROM earning_rate
    ) AS r ON a.rate_version = r.version
    CROSS JOIN LATERAL (
        SELECT
            sum(slice.coins) AS coins,
            sum(slice.micro_diamonds) AS micro_diamonds,
            bool_and(slice.micro_diamonds = slice.coins * CASE slice.class
                WHEN 'purchased' THEN r.purchased_micro_diamonds_per_coin
                WHEN 'bonus' THEN r.bonus_micro_diamonds_per_coin
                WHEN 'earned' THEN r.earned_micro_diamonds_per_coin
                WHEN 'granted' THEN r.granted_micro_diamonds_per_coin
            END) AS at_their_rates
        FROM unnest(a.lot_classes, a.slice_coins, a.slice_micro_diamonds)
            AS slice (class, coins, micro_diamonds)
    ) AS s
) AS accruals;

-- name: accrual_facts
-- For COPY: what each accrued gift was paid with (see facts.py).
SELECT
    uuid_send(gift_id)
    || substr(
        sha256(
            convert_to(
                concat_ws(
                    chr(31),
                    creator_id,
                    coins,
                    array_to_string(lot_ids, ','),
                    array_to_string(slice_coins, ',')
                ), 'UTF8'
            )
        ), 1, 16
    ) AS fact
FROM accrual;

-- name: select_creators
-- INV9: the coins that diamonds were accrued for, per creator, in the order of their ids.
SELECT
    creator_id COLLATE "C" AS creator_id,
    count(*) AS gifts,
    sum(coins)::bigint AS coins
FROM accrual
GROUP BY creator_id COLLATE "C"
ORDER BY creator_id COLLATE "C";

-- name: select_earnings
-- What each creator has earned, in the order of their ids.
SELECT
    creator_id COLLATE "C" AS creator_id,
    gifts,
    lifetime_micro_diamonds
FROM creator_earning
ORDER BY creator_id COLLATE "C";

-- name: select_lots
-- What payouts made of each lot: its classes, and the days on which its slices mature. A slice
-- matures with its lot, but not before the day of its gift.
SELECT
    slice.lot_id,
    min(slice.class COLLATE "C") AS first_class,
    max(slice.class COLLATE "C") AS last_class,
    min(slice.matures_on) FILTER (WHERE slice.matures_on > a.sent_on) AS matures_first,
    max(slice.matures_on) FILTER (WHERE slice.matures_on > a.sent_on) AS matures_last,
    min(a.sent_on) FILTER (WHERE slice.matures_on = a.sent_on) AS matured_when_sent,
    count(*) FILTER (WHERE slice.matures_on < a.sent_on) AS matured_too_early
FROM (
    SELECT
        lot_ids,
        lot_classes,
        matures_on,
        (sent_at AT TIME ZONE 'UTC')::date AS sent_on
    FROM accrual
) AS a
CROSS JOIN LATERAL unnest(a.lot_ids, a.lot_classes, a.matures_on)
    AS slice (lot_id, class, matures_on)
GROUP BY slice.lot_id
ORDER BY slice.lot_id;
