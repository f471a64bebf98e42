-- What of payouts is not the creator's: withheld for the tax office, or agencies' commissions.

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
