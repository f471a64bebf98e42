-- Much does not leave by one operator's word: the database asks for the second, whoever writes.

-- Whether the terms in force then want two operators for so much. Also where they do not know the
-- currency any more: nobody says then how much is much in it.
CREATE FUNCTION needs_second_operator(
    amount_minor bigint, of_currency text, moment timestamptz
) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (
            SELECT coalesce(
                amount_minor >= (t.currency ->> 'second_operator_from_minor')::bigint, false
            )
            FROM (
                SELECT document::jsonb -> 'currencies' -> of_currency AS currency
                FROM payout_terms
                WHERE effective_from <= moment
                ORDER BY effective_from DESC
                LIMIT 1
            ) AS t
            WHERE t.currency IS NOT NULL
        ),
        true
    );
$$;

CREATE FUNCTION check_release() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF
        needs_second_operator(NEW.gross_minor, NEW.currency, NEW.moved_at)
        AND NOT EXISTS (
            SELECT FROM operator_proposal
            WHERE
                action = 'decideHeldPayout'
                -- Of this hold: an earlier one was another matter.
                AND subject = NEW.payout_id || '/' || (
                    SELECT max(step) FROM payout_history WHERE payout_id = NEW.payout_id
                )
                AND terms::jsonb ->> 'decision' = 'RELEASE'
                AND approved_by = NEW.moved_by
        )
    THEN
        RAISE EXCEPTION 'payout % is not released by one operator alone', NEW.payout_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER payout_release_takes_two
BEFORE UPDATE ON payout FOR EACH ROW
WHEN (OLD.status = 'HELD' AND NEW.status = 'QUEUED')
EXECUTE FUNCTION check_release();

CREATE FUNCTION check_correction() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF
        needs_second_operator(NEW.creator_minor, NEW.currency, NEW.at)
        AND NOT EXISTS (
            SELECT FROM operator_proposal
            WHERE
                action = 'correctWithholding'
                AND subject = NEW.payout_id || '/' || NEW.tax_form_id
                AND (terms::jsonb ->> 'amount_minor')::bigint = NEW.creator_minor
                AND approved_by IS NOT NULL
        )
    THEN
        RAISE EXCEPTION 'payout % is not corrected by one operator alone', NEW.payout_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER withholding_correction_takes_two
BEFORE INSERT ON withholding_entry FOR EACH ROW
WHEN (NEW.kind = 'CORRECTED')
EXECUTE FUNCTION check_correction();

-- Where the terms are those that we ship, the next ones begin here: `seed` finds them as it would have
-- written them. They are the same but for the amounts. Who has other currencies says their own.
INSERT INTO payout_terms (version, effective_from, document)
SELECT
    3,
    '2026-11-28T06:00:00Z',
    (
        t.document::jsonb || jsonb_build_object(
            'version', 3,
            'effective_from', '2026-11-28T06:00:00Z',
            'currencies', (
                SELECT
                    jsonb_object_agg(
                        c.key,
                        c.value || jsonb_build_object('second_operator_from_minor', a.value)
                    )
                FROM jsonb_each(t.document::jsonb -> 'currencies') AS c
                INNER JOIN jsonb_each(s.amounts) AS a USING (key)
            )
        )
    )::text
FROM payout_terms AS t
CROSS JOIN (
    SELECT
        '{
            "EUR": 20000,
            "GBP": 15000,
            "HUF": 7200000,
            "JPY": 30000,
            "KWD": 60000,
            "USD": 20000
        }'::jsonb AS amounts
) AS s
WHERE
    t.version = 2
    AND t.effective_from < '2026-11-28T06:00:00Z'
    AND NOT EXISTS (SELECT FROM payout_terms WHERE version = 3)
    AND (
        SELECT array_agg(key ORDER BY key) FROM jsonb_object_keys(s.amounts) AS key
    ) = (
        SELECT array_agg(key ORDER BY key)
        FROM jsonb_object_keys(t.document::jsonb -> 'currencies') AS key
    );
