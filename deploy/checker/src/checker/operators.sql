-- What took two operators. Each question answers with: how many things were compared, how many are
-- wrong, and a few of those.

-- name: releases_take_two
-- As much as the terms that were known and in force then say, or more, was released from a hold by two
-- operators: one has proposed exactly that, another one has done it, and both are in the log.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('payout ' || payout_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        p.payout_id,
        count(DISTINCT l.operator_id) < 2
        OR NOT bool_or(l.operator_id = s.actor AND NOT l.is_proposal) AS is_wrong
    FROM (
        SELECT
            *,
            lag(status) OVER (PARTITION BY payout_id ORDER BY step) AS status_before
        FROM payout_history
    ) AS s
    INNER JOIN payout AS p USING (payout_id)
    CROSS JOIN LATERAL (
        SELECT document::jsonb -> 'currencies' -> p.currency AS currency
        FROM payout_terms
        WHERE effective_from <= s.at AND published_at <= s.at
        ORDER BY effective_from DESC
        LIMIT 1
    ) AS t
    LEFT JOIN (
        SELECT
            operator_id,
            subject,
            details::jsonb AS details,
            details::jsonb ? 'proposed' AS is_proposal
        FROM operator_action
        WHERE action = 'decideHeldPayout'
    ) AS l ON (
        l.subject = p.payout_id::text
        AND l.details @> jsonb_build_object(
            'decision', 'RELEASE',
            'held_at_step', s.step - 1,
            'gross_minor', p.gross_minor,
            'currency', p.currency
        )
    )
    WHERE
        s.status = 'QUEUED'
        AND s.status_before = 'HELD'
        AND (
            t.currency IS NULL
            OR p.gross_minor >= (t.currency ->> 'second_operator_from_minor')::bigint
        )
    GROUP BY p.payout_id, s.step, s.actor
) AS released;

-- name: corrections_take_two
-- As much as the terms that were known and in force then say, or more, of what was withheld became a
-- creator's by two operators, both of whom are in the log with that payout, form and amount.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('payout ' || payout_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        e.payout_id,
        count(DISTINCT l.operator_id) < 2 AS is_wrong
    FROM withholding_entry AS e
    CROSS JOIN LATERAL (
        SELECT document::jsonb -> 'currencies' -> e.currency AS currency
        FROM payout_terms
        WHERE effective_from <= e.at AND published_at <= e.at
        ORDER BY effective_from DESC
        LIMIT 1
    ) AS t
    LEFT JOIN operator_action AS l ON (
        l.action = 'correctWithholding'
        AND l.subject = e.payout_id::text
        AND l.details::jsonb @> jsonb_build_object(
            'form_id', e.tax_form_id,
            'amount_minor', e.creator_minor,
            'currency', e.currency
        )
    )
    WHERE
        e.kind = 'CORRECTED'
        AND (
            t.currency IS NULL
            OR e.creator_minor >= (t.currency ->> 'second_operator_from_minor')::bigint
        )
    GROUP BY e.entry_id, e.payout_id
) AS corrected;
