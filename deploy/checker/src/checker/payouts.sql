-- Questions to the payouts database. Each answers with: how many things were compared, how many are
-- wrong, and a few of those.

-- name: accounts_sum_to_zero
-- INV1: every diamond that a creator has was issued.
SELECT
    count(*) AS compared,
    (coalesce(sum(balance), 0) <> 0)::integer AS wrong,
    CASE WHEN sum(balance) <> 0 THEN ARRAY['the sum is ' || sum(balance)] END AS examples
FROM (
    SELECT lifetime_micro_diamonds - clawed_micro_diamonds AS balance
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
        (c.gifts, c.coins, c.lifetime_micro_diamonds, c.clawed_micro_diamonds)
        IS DISTINCT FROM (
            a.gifts, a.coins, a.micro_diamonds, coalesce(k.micro_diamonds, 0)
        ) AS is_wrong
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
    FULL JOIN (
        SELECT
            creator_id,
            sum(
                CASE WHEN cause_id = reversal_id THEN micro_diamonds ELSE -micro_diamonds END
            ) AS micro_diamonds
        FROM clawback
        GROUP BY creator_id
    ) AS k USING (creator_id)
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
        (b.micro_diamonds, b.clawed_micro_diamonds)
        IS DISTINCT FROM (s.micro_diamonds, coalesce(k.micro_diamonds, 0)) AS is_wrong
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
    FULL JOIN (
        SELECT
            creator_id,
            matures_on,
            rate_version,
            sum(
                CASE WHEN cause_id = reversal_id THEN micro_diamonds ELSE -micro_diamonds END
            ) AS micro_diamonds
        FROM clawback
        WHERE micro_diamonds <> 0
        GROUP BY creator_id, matures_on, rate_version
    ) AS k USING (creator_id, matures_on, rate_version)
) AS buckets;

-- name: told_earnings_replay
-- INV3: what creators are told is pending and available is what their schedules add up to, as of the
-- day that it is told of; and nobody waits for more than an hour to be told what has matured.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        c.creator_id,
        (c.pending_micro_diamonds, c.available_micro_diamonds, c.matures_next)
        IS DISTINCT FROM (
            coalesce(sum(e.free_micro_diamonds) FILTER (WHERE e.matures_on > c.figured_on), 0),
            coalesce(sum(e.free_micro_diamonds) FILTER (WHERE e.matures_on <= c.figured_on), 0),
            min(e.matures_on) FILTER (WHERE e.matures_on > c.figured_on)
        )
        OR coalesce(
            c.matures_next <= ((now() - interval '1 hour') AT TIME ZONE 'UTC')::date, false
        ) AS is_wrong
    FROM creator_earning AS c
    LEFT JOIN earning_free AS e USING (creator_id)
    GROUP BY c.creator_id
) AS creators;

-- name: clawbacks_fit
-- INV8: of no slice of a gift is more taken than it earned, for no more coins than it had; what is
-- taken of it whole is all of it; nothing waits for a gift that is accrued.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        c.gift_id,
        (
            c.coins BETWEEN 0 AND s.coins
            AND c.micro_diamonds BETWEEN 0 AND s.micro_diamonds
            AND c.micro_diamonds * s.coins = c.covered_coins * s.micro_diamonds
            AND c.creators = 1
            AND c.creator_id = s.creator_id
        ) IS NOT TRUE AS is_wrong
    FROM (
        SELECT
            gift_id,
            lot_id,
            sum(CASE WHEN cause_id = reversal_id THEN coins ELSE -coins END) AS coins,
            sum(
                CASE WHEN cause_id = reversal_id THEN covered_coins ELSE -covered_coins END
            ) AS covered_coins,
            sum(
                CASE WHEN cause_id = reversal_id THEN micro_diamonds ELSE -micro_diamonds END
            ) AS micro_diamonds,
            count(DISTINCT creator_id) AS creators,
            min(creator_id) AS creator_id
        FROM clawback
        GROUP BY gift_id, lot_id
    ) AS c
    LEFT JOIN LATERAL (
        SELECT
            a.creator_id,
            slice.coins,
            slice.micro_diamonds
        FROM accrual AS a
        CROSS JOIN LATERAL unnest(a.lot_ids, a.slice_coins, a.slice_micro_diamonds)
            AS slice (lot_id, coins, micro_diamonds)
        WHERE a.gift_id = c.gift_id AND slice.lot_id = c.lot_id
    ) AS s ON true
    UNION ALL
    SELECT
        gift_id,
        true AS is_wrong
    FROM waiting_clawback
    INNER JOIN accrual USING (gift_id)
) AS slices;

-- name: earnings_taken_replay
-- INV7: what is reserved or paid of a bucket is what payouts that are open or paid carry of it; none
-- has more taken than it has.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id || ' ' || matures_on) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        creator_id,
        matures_on,
        coalesce(p.micro_diamonds, 0) IS DISTINCT FROM b.taken_micro_diamonds
        OR b.taken_micro_diamonds NOT BETWEEN 0 AND b.micro_diamonds - b.clawed_micro_diamonds
        AS is_wrong
    FROM earning_bucket AS b
    FULL JOIN (
        SELECT
            p.creator_id,
            part.matures_on,
            part.rate_version,
            sum(part.micro_diamonds) AS micro_diamonds
        FROM payout AS p
        INNER JOIN payout_part AS part USING (payout_id)
        WHERE p.status NOT IN ('CANCELED', 'FAILED', 'RETURNED')
        GROUP BY p.creator_id, part.matures_on, part.rate_version
    ) AS p USING (creator_id, matures_on, rate_version)
) AS buckets;

-- name: reserved_is_paid_returned_or_open
-- INV7: per creator, what payouts ever reserved is what is paid, what was given back and what is
-- open. What was reserved is told by the parts, how it ended by the history, and not by the payouts.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        p.creator_id,
        sum(part.micro_diamonds) IS DISTINCT FROM sum(
            p.micro_diamonds * (moves.paid - moves.returned + moves.given_back + moves.is_open)
        ) AS is_wrong
    FROM payout AS p
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(micro_diamonds), 0) AS micro_diamonds
        FROM payout_part
        WHERE payout_id = p.payout_id
    ) AS part
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE status = 'PAID') AS paid,
            count(*) FILTER (WHERE status = 'RETURNED') AS returned,
            count(*) FILTER (WHERE status IN ('CANCELED', 'FAILED', 'RETURNED')) AS given_back,
            (
                p.status IN ('REQUESTED', 'HELD', 'QUEUED', 'SUBMITTED')
            )::integer AS is_open
        FROM payout_history
        WHERE payout_id = p.payout_id
    ) AS moves
    GROUP BY p.creator_id
) AS creators;

-- name: payouts_move_as_allowed
-- INV3: a payout is where its history ends, which goes from its request by allowed moves only.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('payout ' || payout_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        p.payout_id,
        h.last_status IS DISTINCT FROM p.status
        OR h.first_status IS DISTINCT FROM 'REQUESTED'
        OR h.steps <> h.last_step
        OR h.strayed AS is_wrong
    FROM payout AS p
    LEFT JOIN (
        SELECT
            s.payout_id,
            count(*) AS steps,
            max(s.step) AS last_step,
            max(s.status) FILTER (WHERE s.step = 1) AS first_status,
            max(s.status) FILTER (WHERE s.next_status IS NULL) AS last_status,
            bool_or(
                s.next_status IS NOT NULL
                AND NOT EXISTS (
                    SELECT FROM payout_move AS m
                    WHERE m.from_status = s.status AND m.to_status = s.next_status
                )
            ) AS strayed
        FROM (
            SELECT
                payout_id,
                step,
                status,
                lead(status) OVER (PARTITION BY payout_id ORDER BY step) AS next_status
            FROM payout_history
        ) AS s
        GROUP BY s.payout_id
    ) AS h USING (payout_id)
) AS payouts;

-- name: payouts_add_up
-- INV8: a payout's parts are all of it, of its creator's earnings, mature when it was requested;
-- they are worth what is said, gross is commissions, fees, withholding and net beside what is
-- corrected, and no more is withheld than the share that is said of what is the creator's. A payout of
-- commissions has no parts.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('payout ' || payout_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        p.payout_id,
        (
            p.gross_minor + p.correction_minor = p.fixed_fee_minor + p.proportional_fee_minor
            + p.withheld_minor + p.commission_minor + p.net_minor
            AND p.withheld_minor * 10000 <= (p.gross_minor - p.commission_minor) * p.withheld_bps
            AND CASE p.source
                WHEN 'EARNINGS'
                    THEN part.micro_diamonds = p.micro_diamonds
                    AND div(part.pico, 1000000000000) = p.worth_minor
                    AND part.last_matures_on <= (p.requested_at AT TIME ZONE 'UTC')::date
                ELSE part.micro_diamonds IS NULL AND p.micro_diamonds = 0
            END
        ) IS NOT TRUE AS is_wrong
    FROM payout AS p
    CROSS JOIN LATERAL (
        SELECT
            sum(s.micro_diamonds) AS micro_diamonds,
            sum(s.micro_diamonds::numeric * r.diamond_micro_minor) AS pico,
            max(s.matures_on) AS last_matures_on
        FROM payout_part AS s
        INNER JOIN earning_rate AS r ON s.rate_version = r.version
        WHERE s.payout_id = p.payout_id
    ) AS part
) AS payouts;

-- name: payout_move_facts
-- For COPY: each move of a payout that is told of (see facts.py).
SELECT
    uuid_send(h.payout_id)
    || substr(
        sha256(
            convert_to(concat_ws(chr(31), h.status, p.creator_id, p.micro_diamonds), 'UTF8')
        ), 1, 16
    ) AS fact
FROM payout_history AS h
INNER JOIN payout AS p USING (payout_id)
WHERE h.status NOT IN ('HELD', 'QUEUED');

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
    lifetime_micro_diamonds,
    version,
    pending_micro_diamonds,
    available_micro_diamonds
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

-- name: select_reversed
-- INV9: coins of gifts that are taken back, per creator, and what of them creators bear.
SELECT
    creator_id COLLATE "C" AS creator_id,
    sum(CASE WHEN cause_id = reversal_id THEN coins ELSE -coins END)::bigint AS coins,
    sum(
        CASE WHEN cause_id = reversal_id THEN covered_coins ELSE -covered_coins END
    )::bigint AS covered_coins
FROM clawback
GROUP BY creator_id COLLATE "C"
ORDER BY creator_id COLLATE "C";

-- name: leg_facts
-- For COPY: each leg that was settled (see facts.py).
SELECT
    uuid_send(cause_id)
    || substr(
        sha256(
            convert_to(
                concat_ws(chr(31), reversal_id, position, creator_id, gift_id, lot_id, coins), 'UTF8'
            )
        ), 1, 16
    ) AS fact
FROM clawback;

-- name: settlement_facts
-- For COPY: how each leg was settled (see facts.py).
SELECT
    uuid_send(cause_id)
    || substr(
        sha256(
            convert_to(
                concat_ws(chr(31), reversal_id, position, covered_coins, coins - covered_coins),
                'UTF8'
            )
        ), 1, 16
    ) AS fact
FROM clawback;

-- name: holds_end_as_the_terms_say
-- E35: nothing that was held is the creator's again by the passing of time, but after the time and for
-- the reasons that the terms in force then name; and never what was held for a sanction hit.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('payout ' || payout_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        s.payout_id,
        (
            s.status = 'CANCELED'
            AND s.reason = 'review_overdue'
            AND s.status_before = 'HELD'
            AND s.reason_before <> 'sanction_hit'
            AND t.document -> 'returns_overdue_holds' @> to_jsonb(s.reason_before)
            AND s.at >= s.at_before
            + make_interval(days => (t.document ->> 'held_review_days')::integer)
        ) IS NOT TRUE AS is_wrong
    FROM (
        SELECT
            *,
            lag(status) OVER steps AS status_before,
            lag(reason) OVER steps AS reason_before,
            lag(at) OVER steps AS at_before
        FROM payout_history
        WINDOW steps AS (PARTITION BY payout_id ORDER BY step)
    ) AS s
    LEFT JOIN LATERAL (
        SELECT document::jsonb AS document
        FROM payout_terms
        WHERE effective_from <= s.at
        ORDER BY effective_from DESC
        LIMIT 1
    ) AS t ON true
    WHERE s.actor = 'hold_review' OR s.reason = 'review_overdue'
) AS ended;
