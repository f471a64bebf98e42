-- name: lock_statements
-- Marks, closes and statements are written by one at a time: a mark's time and what it knows then
-- grow together.
SELECT pg_advisory_xact_lock(hashtextextended('payouts.statements', 0));

-- name: insert_mark
-- Notes what has been committed by now. Clocks that differ, or are put back, put no mark before
-- another.
-- $1 moment, $2 form of the documents that tell of it
INSERT INTO statement_mark (at, known, form)
SELECT
    greatest($1::timestamptz, max(at) + interval '1 microsecond'),
    pg_current_snapshot(),
    $2
FROM statement_mark
RETURNING mark_id;

-- name: find_newest_mark
SELECT max(at) FROM statement_mark;

-- name: find_last_close
SELECT
    period,
    issued_at IS NOT NULL AS is_issued
FROM statement_close
ORDER BY period DESC
LIMIT 1;

-- name: find_first_moment
-- When there was something to state for the first time. Of the journal only before the first mark:
-- it has no index that begins with time.
SELECT coalesce((SELECT min(at) FROM statement_mark), (SELECT min(accrued_at) FROM accrual));

-- name: insert_close
-- $1 first day of the month, $2 mark_id
INSERT INTO statement_close (period, mark_id)
VALUES ($1, $2);

-- name: update_issued
-- $1 first day of the month, $2 moment
UPDATE statement_close
SET issued_at = $2
WHERE period = $1;

-- name: select_unstated
-- Creators and agencies after another, in order, who may need a statement of a month and have none.
-- $1 first day of the month, $2 creator_id, $3 at most
SELECT creator_id
FROM (
    (
        SELECT creator_id
        FROM creator_earning AS c
        WHERE
            creator_id > $2
            AND NOT EXISTS (
                SELECT FROM statement WHERE creator_id = c.creator_id AND period = $1
            )
        ORDER BY creator_id
        LIMIT $3
    )
    UNION
    (
        SELECT DISTINCT agency_id
        FROM commission_entry AS e
        WHERE
            agency_id > $2
            AND NOT EXISTS (
                SELECT FROM statement WHERE creator_id = e.agency_id AND period = $1
            )
        ORDER BY agency_id
        LIMIT $3
    )
) AS found
ORDER BY creator_id
LIMIT $3;

-- name: find_scope
-- What a statement of a month holds, as known at a moment (null: now). No row where the month has not
-- begun by then, or is not settled: the month before is still open, or its statements are being made.
-- Nothing is recorded a day before its time, so that what was known a day before the month has a part
-- in it only if it came too late for the one before.
-- $1 first day of the month, $2 moment or null
WITH k AS (
    SELECT
        mark_id,
        at,
        known,
        form
    FROM statement_mark
    WHERE at <= coalesce($2::timestamptz, 'infinity')
    ORDER BY at DESC
    LIMIT 1
),

closed AS (
    SELECT
        c.period,
        c.issued_at,
        m.at,
        m.known,
        m.form
    FROM k
    INNER JOIN statement_close AS c ON c.mark_id <= k.mark_id
    INNER JOIN statement_mark AS m ON c.mark_id = m.mark_id
    WHERE c.period BETWEEN $1::date - interval '1 month' AND $1::date
),

past AS (
    SELECT known
    FROM statement_mark
    WHERE at <= ($1::date - interval '1 day') AT TIME ZONE 'UTC'
    ORDER BY at DESC
    LIMIT 1
)

SELECT
    coalesce(own.at, k.at) AS known_at,
    coalesce(own.known, k.known)::text AS known,
    before.known::text AS before,
    coalesce((SELECT pg_snapshot_xmin(known) FROM past), '0')::text AS recorded_from,
    coalesce(own.form, k.form) AS form,
    own.period IS NOT NULL AS is_closed
FROM k
LEFT JOIN closed AS own ON own.period = $1::date
LEFT JOIN closed AS before ON before.period = $1::date - interval '1 month'
WHERE
    own.period IS NOT NULL
    OR before.issued_at IS NOT NULL
    OR (
        NOT EXISTS (SELECT FROM statement_close AS c WHERE c.mark_id <= k.mark_id)
        AND $1::date = (SELECT date_trunc('month', min(at) AT TIME ZONE 'UTC')::date FROM statement_mark)
    );

-- name: sum_lines
-- $1 creator_id, $2 recorded_from, $3 known, $4 end of the month, $5 known before, $6 its beginning
SELECT
    count(*) AS lines,
    coalesce(sum(micro_diamonds) FILTER (WHERE kind = 'EARNED'), 0)::bigint AS earned,
    coalesce(-sum(micro_diamonds) FILTER (WHERE kind = 'REVERSED'), 0)::bigint AS reversed,
    coalesce(
        -sum(micro_diamonds) FILTER (WHERE kind IN ('PAID_OUT', 'GIVEN_BACK')), 0
    )::bigint AS paid_out
FROM statement_entry
WHERE
    creator_id = $1
    AND recorded_by >= $2::text::xid8
    AND is_stated(recorded_by, at, $3::text::pg_snapshot, $4, $5::text::pg_snapshot, $6);

-- name: select_lines
-- In order, after a position.
-- $1 creator_id, $2 recorded_from, $3 known, $4 end of the month, $5 known before, $6 its beginning,
-- $7 at, $8 entry_id and $9 step of the position or null, $10 at most
SELECT
    e.at,
    e.entry_id,
    e.step,
    e.kind,
    e.micro_diamonds,
    e.gift_id,
    e.payout_status,
    e.reason,
    e.belongs_to,
    p.currency,
    p.gross_minor,
    p.fixed_fee_minor + p.proportional_fee_minor AS fees_minor,
    p.withheld_minor,
    p.withholding_rule,
    p.correction_minor,
    p.net_minor,
    p.commission_minor,
    c.currency AS earned_currency,
    c.amount_minor AS earned_minor,
    c.creator_id AS earned_of
FROM statement_entry AS e
LEFT JOIN payout AS p ON e.payout_status IS NOT NULL AND e.entry_id = p.payout_id
LEFT JOIN commission_entry AS c
    ON e.kind = CASE c.kind
        WHEN 'EARNED' THEN 'COMMISSION'
        WHEN 'RETURNED' THEN 'COMMISSION_RETURNED'
    END
    AND e.entry_id = c.payout_id
    AND e.creator_id = c.agency_id
WHERE
    e.creator_id = $1
    AND e.recorded_by >= $2::text::xid8
    AND is_stated(e.recorded_by, e.at, $3::text::pg_snapshot, $4, $5::text::pg_snapshot, $6)
    AND (e.at, e.entry_id, e.step) > (
        coalesce($7::timestamptz, '-infinity'),
        coalesce($8::uuid, '00000000-0000-0000-0000-000000000000'),
        coalesce($9::integer, 0)
    )
ORDER BY e.at, e.entry_id, e.step
LIMIT $10;

-- name: select_lines_backward
-- The same, last first, before the position.
-- $1 creator_id, $2 recorded_from, $3 known, $4 end of the month, $5 known before, $6 its beginning,
-- $7 at, $8 entry_id and $9 step of the position or null, $10 at most
SELECT
    e.at,
    e.entry_id,
    e.step,
    e.kind,
    e.micro_diamonds,
    e.gift_id,
    e.payout_status,
    e.reason,
    e.belongs_to,
    p.currency,
    p.gross_minor,
    p.fixed_fee_minor + p.proportional_fee_minor AS fees_minor,
    p.withheld_minor,
    p.withholding_rule,
    p.correction_minor,
    p.net_minor,
    p.commission_minor,
    c.currency AS earned_currency,
    c.amount_minor AS earned_minor,
    c.creator_id AS earned_of
FROM statement_entry AS e
LEFT JOIN payout AS p ON e.payout_status IS NOT NULL AND e.entry_id = p.payout_id
LEFT JOIN commission_entry AS c
    ON e.kind = CASE c.kind
        WHEN 'EARNED' THEN 'COMMISSION'
        WHEN 'RETURNED' THEN 'COMMISSION_RETURNED'
    END
    AND e.entry_id = c.payout_id
    AND e.creator_id = c.agency_id
WHERE
    e.creator_id = $1
    AND e.recorded_by >= $2::text::xid8
    AND is_stated(e.recorded_by, e.at, $3::text::pg_snapshot, $4, $5::text::pg_snapshot, $6)
    AND (e.at, e.entry_id, e.step) < (
        coalesce($7::timestamptz, 'infinity'),
        coalesce($8::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
        coalesce($9::integer, 0)
    )
ORDER BY e.at DESC, e.entry_id DESC, e.step DESC
LIMIT $10;

-- name: find_statement
-- $1 creator_id, $2 first day of the month
SELECT
    number,
    opening_micro_diamonds AS opening,
    earned_micro_diamonds AS earned,
    reversed_micro_diamonds AS reversed,
    paid_out_micro_diamonds AS paid_out,
    sha256
FROM statement
WHERE creator_id = $1 AND period = $2;

-- name: insert_statement
-- $1 creator_id, $2 number, $3 first day of the month, $4 opening, $5 earned, $6 reversed,
-- $7 paid out, $8 closing, $9 sha256, $10 moment
INSERT INTO statement (
    creator_id,
    number,
    period,
    opening_micro_diamonds,
    earned_micro_diamonds,
    reversed_micro_diamonds,
    paid_out_micro_diamonds,
    closing_micro_diamonds,
    sha256,
    issued_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
