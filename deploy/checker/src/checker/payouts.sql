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

-- name: statements_replay
-- INV3: a creator's statements have no gap, each opens where the last one closed, and their sums are
-- those of the journals: each entry is in the first month that was not over before it, and was closed
-- knowing of it.
WITH closed AS (
    SELECT
        c.period,
        (c.period + interval '1 month') AT TIME ZONE 'UTC' AS ends,
        m.known
    FROM statement_close AS c
    INNER JOIN statement_mark AS m USING (mark_id)
    WHERE c.issued_at IS NOT NULL
),

stated AS (
    SELECT
        e.creator_id,
        first.period,
        coalesce(sum(e.micro_diamonds) FILTER (WHERE e.kind = 'EARNED'), 0) AS earned,
        coalesce(-sum(e.micro_diamonds) FILTER (WHERE e.kind = 'REVERSED'), 0) AS reversed,
        coalesce(
            -sum(e.micro_diamonds) FILTER (WHERE e.kind IN ('PAID_OUT', 'GIVEN_BACK')), 0
        ) AS paid_out
    FROM statement_entry AS e
    CROSS JOIN LATERAL (
        SELECT c.period
        FROM closed AS c
        WHERE e.at < c.ends AND pg_visible_in_snapshot(e.recorded_by, c.known)
        ORDER BY c.period
        LIMIT 1
    ) AS first
    GROUP BY e.creator_id, first.period
),

issued AS (
    SELECT
        s.creator_id,
        s.period,
        s.earned_micro_diamonds,
        s.reversed_micro_diamonds,
        s.paid_out_micro_diamonds,
        s.number <> row_number() OVER creators
        OR s.period <> lag(s.period) OVER creators + interval '1 month'
        OR s.opening_micro_diamonds <> lag(s.closing_micro_diamonds, 1, 0::bigint) OVER creators
        OR s.closing_micro_diamonds <> s.opening_micro_diamonds + s.earned_micro_diamonds
        - s.reversed_micro_diamonds - s.paid_out_micro_diamonds AS does_not_follow
    FROM statement AS s
    INNER JOIN closed AS c USING (period)
    WINDOW creators AS (PARTITION BY s.creator_id ORDER BY s.number)
)

SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id || ' ' || period) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        creator_id,
        period,
        coalesce(i.does_not_follow, false)
        OR (i.earned_micro_diamonds, i.reversed_micro_diamonds, i.paid_out_micro_diamonds)
        IS DISTINCT FROM (
            coalesce(e.earned, 0), coalesce(e.reversed, 0), coalesce(e.paid_out, 0)
        ) AS is_wrong
    FROM issued AS i
    FULL JOIN stated AS e USING (creator_id, period)
) AS statements;

-- name: figures_replay
-- INV3: figures by gifter, by item and by day are what the journals add up to, as far as the mark up to
-- which they have been added.
WITH folded AS (
    SELECT m.known
    FROM figure_fold
    INNER JOIN statement_mark AS m USING (mark_id)
),

entry AS (
    SELECT
        a.gift_id,
        1 AS gifts,
        a.coins,
        a.micro_diamonds,
        0 AS reversed_coins,
        0 AS reversed_micro_diamonds
    FROM accrual AS a
    INNER JOIN folded AS f ON pg_visible_in_snapshot(a.recorded_by, f.known)
    UNION ALL
    SELECT
        c.gift_id,
        0,
        0,
        0,
        CASE WHEN c.cause_id = c.reversal_id THEN c.coins ELSE -c.coins END,
        CASE WHEN c.cause_id = c.reversal_id THEN c.micro_diamonds ELSE -c.micro_diamonds END
    FROM clawback AS c
    INNER JOIN folded AS f ON pg_visible_in_snapshot(c.recorded_by, f.known)
),

replayed AS (
    SELECT
        a.creator_id,
        kind.breakdown,
        (a.sent_at AT TIME ZONE 'UTC')::date AS day,
        kind.key,
        sum(e.gifts) AS gifts,
        sum(e.coins) AS coins,
        sum(e.micro_diamonds) AS micro_diamonds,
        sum(e.reversed_coins) AS reversed_coins,
        sum(e.reversed_micro_diamonds) AS reversed_micro_diamonds
    FROM entry AS e
    INNER JOIN accrual AS a USING (gift_id)
    CROSS JOIN LATERAL (
        VALUES ('GIFTER', a.sender_id), ('ITEM', a.item_id), ('DAY', '')
    ) AS kind (breakdown, key)
    GROUP BY a.creator_id, kind.breakdown, day, kind.key
)

SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id || ' ' || breakdown || ' ' || day) FILTER (WHERE is_wrong))[1:5]
        AS examples
FROM (
    SELECT
        creator_id,
        breakdown,
        day,
        (f.gifts, f.coins, f.micro_diamonds, f.reversed_coins, f.reversed_micro_diamonds)
        IS DISTINCT FROM
        (r.gifts, r.coins, r.micro_diamonds, r.reversed_coins, r.reversed_micro_diamonds)
        AS is_wrong
    FROM creator_figure AS f
    FULL JOIN replayed AS r USING (creator_id, breakdown, day, key)
) AS figures;

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

-- name: withholding_replays
-- INV3: the tax office is owed what payouts withheld that were paid, less what was returned and what
-- was corrected. That a payout was paid is told by its history, and not by the journal.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('payout ' || payout_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        p.payout_id,
        coalesce(e.tax_minor, 0) IS DISTINCT FROM CASE
            WHEN h.paid > h.returned THEN p.withheld_minor - coalesce(e.corrected_minor, 0)
            ELSE 0
        END
        OR coalesce(e.is_of_another, false)
        OR coalesce(e.tax_year, h.paid_in) IS DISTINCT FROM h.paid_in AS is_wrong
    FROM payout AS p
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE status = 'PAID') AS paid,
            count(*) FILTER (WHERE status = 'RETURNED') AS returned,
            max(extract(YEAR FROM at AT TIME ZONE 'UTC')) FILTER (WHERE status = 'PAID') AS paid_in
        FROM payout_history
        WHERE payout_id = p.payout_id
    ) AS h
    LEFT JOIN LATERAL (
        SELECT
            sum(tax_minor) AS tax_minor,
            sum(creator_minor) FILTER (WHERE kind = 'CORRECTED') AS corrected_minor,
            bool_or((creator_id, currency) <> (p.creator_id, p.currency)) AS is_of_another,
            max(tax_year) AS tax_year
        FROM withholding_entry
        WHERE payout_id = p.payout_id
    ) AS e ON true
) AS payouts;

-- name: corrections_replay
-- INV3: creators are owed what was corrected of payouts that did arrive, less what payouts carry that
-- were not given back.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id || ' ' || currency) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        creator_id,
        currency,
        coalesce(e.owed_minor, 0) <> p.corrected_minor - p.carried_minor AS is_wrong
    FROM (
        SELECT
            p.creator_id,
            p.currency,
            coalesce(sum(c.corrected_minor) FILTER (WHERE p.status = 'PAID'), 0) AS corrected_minor,
            coalesce(
                sum(p.correction_minor)
                FILTER (WHERE p.status NOT IN ('CANCELED', 'FAILED', 'RETURNED')), 0
            ) AS carried_minor
        FROM payout AS p
        LEFT JOIN LATERAL (
            SELECT sum(creator_minor) AS corrected_minor
            FROM withholding_entry
            WHERE payout_id = p.payout_id AND kind = 'CORRECTED'
        ) AS c ON true
        GROUP BY p.creator_id, p.currency
    ) AS p
    LEFT JOIN (
        SELECT
            creator_id,
            currency,
            sum(creator_minor) AS owed_minor
        FROM withholding_entry
        GROUP BY creator_id, currency
    ) AS e USING (creator_id, currency)
) AS creators;

-- name: splits_add_up
-- INV8: the commissions of a payout are what it says, each by a contract of its creator's and within a
-- whole increment of its share of gross.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('payout ' || payout_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        p.payout_id,
        (
            coalesce(sum(c.amount_minor), 0) = p.commission_minor
            AND bool_and(
                c.payout_id IS NULL
                OR (
                    k.creator_id = p.creator_id
                    AND (k.agency_id, k.share_bps) = (c.agency_id, c.share_bps)
                    AND k.accepted_at <= p.requested_at
                    AND k.effective_from <= p.requested_at
                    AND mod(c.amount_minor, t.increment_minor) = 0
                    AND abs(c.amount_minor * 10000 - p.gross_minor::numeric * c.share_bps)
                    < 10000 * t.increment_minor
                ) IS TRUE
            )
        ) IS NOT TRUE AS is_wrong
    FROM payout AS p
    LEFT JOIN payout_commission AS c USING (payout_id)
    LEFT JOIN agency_contract AS k USING (contract_id)
    CROSS JOIN LATERAL (
        SELECT
            coalesce(
                (document::jsonb -> 'currencies' -> p.currency ->> 'increment_minor')::bigint, 1
            ) AS increment_minor
        FROM payout_terms
        WHERE version = p.terms_version
    ) AS t
    GROUP BY p.payout_id
) AS payouts;

-- name: commissions_replay
-- INV3: an agency is owed its part of payouts that were paid and have not come back, from when it is
-- said that it is, and of nobody else's. That a payout was paid is told by its history.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('payout ' || payout_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        payout_id,
        (
            coalesce(e.earned_minor, 0) = CASE WHEN c.paid_at IS NULL THEN 0 ELSE c.amount_minor END
            AND coalesce(e.returned_minor, 0)
            = CASE WHEN c.returned_at IS NULL THEN 0 ELSE c.amount_minor END
            AND (
                e.agency_id IS NULL
                OR (
                    e.creator_id = c.creator_id
                    AND e.currency = c.currency
                    AND e.first_due_at = e.last_due_at
                    AND e.first_due_at = c.paid_at + make_interval(days => c.hold_days)
                )
            )
        ) IS NOT TRUE AS is_wrong
    FROM (
        SELECT
            s.payout_id,
            s.agency_id,
            s.amount_minor,
            s.hold_days,
            p.creator_id,
            p.currency,
            h.paid_at,
            h.returned_at
        FROM payout_commission AS s
        INNER JOIN payout AS p USING (payout_id)
        CROSS JOIN LATERAL (
            SELECT
                max(at) FILTER (WHERE status = 'PAID') AS paid_at,
                max(at) FILTER (WHERE status = 'RETURNED') AS returned_at
            FROM payout_history
            WHERE payout_id = s.payout_id
        ) AS h
    ) AS c
    FULL JOIN (
        SELECT
            payout_id,
            agency_id,
            sum(amount_minor) FILTER (WHERE kind = 'EARNED') AS earned_minor,
            -sum(amount_minor) FILTER (WHERE kind = 'RETURNED') AS returned_minor,
            min(creator_id) AS creator_id,
            min(currency) AS currency,
            min(due_at) AS first_due_at,
            max(due_at) AS last_due_at
        FROM commission_entry
        WHERE kind IN ('EARNED', 'RETURNED')
        GROUP BY payout_id, agency_id
    ) AS e USING (payout_id, agency_id)
) AS payouts;

-- name: settlements_replay
-- INV7: what an agency's own payouts carry is taken of what it is owed, once, and given back where they
-- did not arrive.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('payout ' || payout_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        payout_id,
        (
            p.source = 'COMMISSIONS'
            AND e.agency_id = p.creator_id
            AND e.currency = p.currency
            AND e.agencies = 1
            AND e.settled_minor = p.gross_minor
            AND coalesce(e.unsettled_minor, 0) = CASE
                WHEN EXISTS (
                    SELECT FROM payout_history
                    WHERE
                        payout_id = p.payout_id
                        AND status IN ('CANCELED', 'FAILED', 'RETURNED')
                ) THEN p.gross_minor
                ELSE 0
            END
        ) IS NOT TRUE AS is_wrong
    FROM (SELECT * FROM payout WHERE source = 'COMMISSIONS') AS p
    FULL JOIN (
        SELECT
            payout_id,
            min(agency_id) AS agency_id,
            min(currency) AS currency,
            count(DISTINCT agency_id) AS agencies,
            -sum(amount_minor) FILTER (WHERE kind = 'SETTLED') AS settled_minor,
            sum(amount_minor) FILTER (WHERE kind = 'UNSETTLED') AS unsettled_minor
        FROM commission_entry
        WHERE kind IN ('SETTLED', 'UNSETTLED')
        GROUP BY payout_id
    ) AS e USING (payout_id)
) AS payouts;

-- name: agencies_owe_returns
-- What agencies owe the platform: as many as are compared. None owes more than came back of what it had
-- earned: otherwise it was paid what was never its own.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE owed_minor > returned_minor) AS wrong,
    (
        array_agg(agency_id || ' ' || currency || ' ' || owed_minor)
        FILTER (WHERE owed_minor > returned_minor)
    )[1:5] AS examples
FROM (
    SELECT
        agency_id,
        currency,
        -sum(amount_minor) AS owed_minor,
        coalesce(-sum(amount_minor) FILTER (WHERE kind = 'RETURNED'), 0) AS returned_minor
    FROM commission_entry
    GROUP BY agency_id, currency
    HAVING sum(amount_minor) < 0
) AS agencies;

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
