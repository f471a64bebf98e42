-- Questions to the payouts database about gifts that their creators froze, in the form of those in
-- payouts.sql.

-- name: held_is_what_is_frozen
-- I11: what is held of earnings is what is left of gifts that are frozen, and of no other.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(creator_id || ' ' || matures_on) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        creator_id,
        matures_on,
        coalesce(b.held_micro_diamonds, 0)
        <> coalesce(s.micro_diamonds, 0) - coalesce(k.micro_diamonds, 0) AS is_wrong
    FROM (SELECT * FROM earning_bucket WHERE held_micro_diamonds <> 0) AS b
    FULL JOIN (
        SELECT
            a.creator_id,
            slice.matures_on,
            a.rate_version,
            sum(slice.micro_diamonds) AS micro_diamonds
        FROM gift_quarantine AS q
        INNER JOIN accrual AS a ON q.gift_id = a.gift_id
        CROSS JOIN LATERAL unnest(a.matures_on, a.slice_micro_diamonds)
            AS slice (matures_on, micro_diamonds)
        WHERE q.ended_at IS NULL
        GROUP BY a.creator_id, slice.matures_on, a.rate_version
    ) AS s USING (creator_id, matures_on, rate_version)
    FULL JOIN (
        SELECT
            c.creator_id,
            c.matures_on,
            c.rate_version,
            sum(
                CASE WHEN c.cause_id = c.reversal_id THEN c.micro_diamonds ELSE -c.micro_diamonds END
            ) AS micro_diamonds
        FROM gift_quarantine AS q
        INNER JOIN clawback AS c ON q.gift_id = c.gift_id
        WHERE q.ended_at IS NULL
        GROUP BY c.creator_id, c.matures_on, c.rate_version
    ) AS k USING (creator_id, matures_on, rate_version)
) AS buckets;

-- name: quarantines_replay
-- I11: a gift was frozen by who was given it. What became of it was decided by an operator who is in
-- the log with that, or its sender undid it; and what was returned ends when it is taken back, of which
-- no other gift is.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        gift_id,
        (
            a.creator_id = q.creator_id
            AND a.micro_diamonds = q.micro_diamonds
            AND (q.decided_by IS NULL) <> coalesce(l.is_logged, false)
            AND CASE q.status
                WHEN 'FROZEN' THEN r.gift_id IS NULL
                WHEN 'RELEASED' THEN q.decided_by IS NOT NULL
                ELSE (q.ended_at IS NOT NULL) = (r.gift_id IS NOT NULL)
                AND (q.decided_by IS NOT NULL OR r.is_undone)
            END
            -- Its sender undoes nothing that was returned first.
            AND (q.status = 'RETURNED' OR NOT coalesce(r.is_returned, false))
        ) IS NOT TRUE AS is_wrong
    FROM gift_quarantine AS q
    FULL JOIN (
        SELECT
            gift_id,
            bool_or(reason = 'quarantine') AS is_returned,
            bool_or(reason = 'undo') AS is_undone
        FROM clawback
        WHERE reason IN ('undo', 'quarantine')
        GROUP BY gift_id
        HAVING
            bool_or(reason = 'quarantine')
            OR EXISTS (SELECT FROM gift_quarantine AS f WHERE f.gift_id = clawback.gift_id)
    ) AS r USING (gift_id)
    LEFT JOIN accrual AS a USING (gift_id)
    LEFT JOIN LATERAL (
        SELECT true AS is_logged
        FROM operator_action AS o
        WHERE
            o.subject = q.quarantine_id::text
            AND o.operator_id = q.decided_by
            AND o.action
            = CASE q.status
                WHEN 'RELEASED' THEN 'releaseQuarantinedGift' ELSE 'returnQuarantinedGift'
            END
            AND NOT o.details::jsonb ? 'proposed'
        LIMIT 1
    ) AS l ON true
) AS quarantines;

-- name: returns_take_two
-- A frozen gift that is worth as much as the terms that were known and in force then say, or more, was
-- given back by two operators: one has proposed exactly that, another one has done it, and both are in
-- the log.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        q.gift_id,
        (
            SELECT
                count(DISTINCT l.operator_id) < 2
                OR NOT coalesce(
                    bool_or(l.operator_id = q.decided_by AND NOT l.details::jsonb ? 'proposed'),
                    false
                )
            FROM operator_action AS l
            WHERE
                l.action = 'returnQuarantinedGift'
                AND l.subject = q.quarantine_id::text
                AND l.details::jsonb @> jsonb_build_object(
                    'worth_minor', q.worth_minor, 'currency', q.currency
                )
        ) AS is_wrong
    FROM gift_quarantine AS q
    CROSS JOIN LATERAL (
        SELECT document::jsonb -> 'currencies' -> q.currency AS currency
        FROM payout_terms
        WHERE effective_from <= q.decided_at AND published_at <= q.decided_at
        ORDER BY effective_from DESC
        LIMIT 1
    ) AS t
    WHERE
        q.status = 'RETURNED'
        AND q.decided_by IS NOT NULL
        AND (
            t.currency IS NULL
            OR q.worth_minor >= (t.currency ->> 'second_operator_from_minor')::bigint
        )
) AS returned;

-- name: return_facts
-- For COPY: each gift that an operator has given back (see facts.py).
SELECT
    uuid_send(gift_id)
    || substr(
        sha256(convert_to(concat_ws(chr(31), creator_id, decided_by), 'UTF8')), 1, 16
    ) AS fact
FROM gift_quarantine
WHERE status = 'RETURNED' AND decided_by IS NOT NULL;
