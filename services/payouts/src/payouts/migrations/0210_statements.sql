-- Statements: what each creator earned, lost and was paid in a month, as it was known at a moment.
--
-- Clocks do not tell what was known: a transaction may commit long after the time in its rows, and
-- be seen by nobody before. So each entry names the transaction that wrote it, a mark keeps which
-- transactions had committed at a moment, and what a statement holds follows from marks alone.

-- Stable, so that rows that are there already get this migration's transaction, and no table is
-- written anew. Indexed for accruals, of which a star has millions; payouts are few.
ALTER TABLE accrual
ADD COLUMN recorded_by xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX accrual_creator ON accrual (creator_id, recorded_by);

ALTER TABLE payout_history
ADD COLUMN recorded_by xid8 NOT NULL DEFAULT pg_current_xact_id();

-- Everything that moves a creator's balance, signed: the one definition, for statements and for
-- checks of them. Whatever else takes earnings away is a branch here, of kind REVERSED.
-- `belongs_to` is when the thing itself happened that the entry is about.
CREATE VIEW statement_entry AS
SELECT
    creator_id,
    recorded_by,
    accrued_at AS at,
    gift_id AS entry_id,
    1 AS step,
    'EARNED' AS kind,
    micro_diamonds,
    gift_id,
    NULL::text AS payout_status,
    NULL::text AS reason,
    accrued_at AS belongs_to
FROM accrual
UNION ALL
SELECT
    p.creator_id,
    h.recorded_by,
    h.at,
    p.payout_id AS entry_id,
    h.step,
    CASE h.status WHEN 'REQUESTED' THEN 'PAID_OUT' ELSE 'GIVEN_BACK' END AS kind,
    CASE h.status WHEN 'REQUESTED' THEN -p.micro_diamonds ELSE p.micro_diamonds END
        AS micro_diamonds,
    NULL AS gift_id,
    h.status AS payout_status,
    h.reason,
    h.at AS belongs_to
FROM payout AS p
INNER JOIN payout_history AS h USING (payout_id)
WHERE h.status IN ('REQUESTED', 'CANCELED', 'FAILED', 'RETURNED');

-- Moments at which somebody noted what had been committed. Marks are made one after another, each
-- later than the last and knowing all that the last knew.
CREATE TABLE statement_mark (
    mark_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL UNIQUE,
    known pg_snapshot NOT NULL
);

CREATE FUNCTION check_statement_mark() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    last statement_mark;
BEGIN
    SELECT * INTO last FROM statement_mark ORDER BY mark_id DESC LIMIT 1;
    -- A database that was restored row by row counts its transactions from another number: what is
    -- recorded from then on would look as if it had been known long ago.
    IF NEW.at <= last.at OR pg_snapshot_xmax(NEW.known) < pg_snapshot_xmax(last.known) THEN
        RAISE EXCEPTION 'mark % is not after mark %', NEW.mark_id, last.mark_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_mark_in_order';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER statement_mark_in_order
BEFORE INSERT ON statement_mark FOR EACH ROW EXECUTE FUNCTION check_statement_mark();
CREATE TRIGGER statement_mark_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_mark
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A month that is over: its statements hold what was known at the mark. `issued_at` is set when
-- every creator has theirs; the next month closes after that.
CREATE TABLE statement_close (
    period date PRIMARY KEY CHECK (extract(DAY FROM period) = 1),
    mark_id bigint NOT NULL UNIQUE REFERENCES statement_mark,
    issued_at timestamptz
);

CREATE FUNCTION check_statement_close() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    last statement_close;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.period, OLD.mark_id) IS DISTINCT FROM (NEW.period, NEW.mark_id)
        OR OLD.issued_at IS NOT NULL OR NEW.issued_at IS NULL THEN
            RAISE EXCEPTION 'the close of % is fixed', OLD.period
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO last FROM statement_close ORDER BY period DESC LIMIT 1;
    IF NEW.period <> last.period + interval '1 month'
    OR NEW.mark_id <= last.mark_id
    OR (last.period IS NOT NULL AND last.issued_at IS NULL) THEN
        RAISE EXCEPTION '% cannot be closed after %', NEW.period, last.period
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_close_in_order';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER statement_close_in_order
BEFORE INSERT OR UPDATE ON statement_close FOR EACH ROW EXECUTE FUNCTION check_statement_close();
CREATE TRIGGER statement_close_is_never_deleted
BEFORE DELETE OR TRUNCATE ON statement_close FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was issued. The lines are in the journals, where nothing changes; the sums and the hash say
-- what they were.
CREATE TABLE statement (
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    number integer NOT NULL CHECK (number > 0),
    period date NOT NULL REFERENCES statement_close,
    opening_micro_diamonds bigint NOT NULL,
    earned_micro_diamonds bigint NOT NULL CHECK (earned_micro_diamonds >= 0),
    reversed_micro_diamonds bigint NOT NULL,
    -- Less than zero in a month in which more came back than was asked for.
    paid_out_micro_diamonds bigint NOT NULL,
    closing_micro_diamonds bigint NOT NULL,
    -- Of the document as it is downloaded.
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    issued_at timestamptz NOT NULL,
    PRIMARY KEY (creator_id, number),
    UNIQUE (creator_id, period),
    CONSTRAINT statement_adds_up CHECK (
        closing_micro_diamonds
        = opening_micro_diamonds
        + earned_micro_diamonds
        - reversed_micro_diamonds
        - paid_out_micro_diamonds
    )
);

CREATE FUNCTION check_statement() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    last statement;
BEGIN
    SELECT * INTO last FROM statement
    WHERE creator_id = NEW.creator_id
    ORDER BY number DESC
    LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1
    OR NEW.period <> last.period + interval '1 month'
    OR NEW.opening_micro_diamonds <> coalesce(last.closing_micro_diamonds, 0) THEN
        RAISE EXCEPTION 'statement % of % does not follow the one before', NEW.number, NEW.creator_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_follows';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER statement_follows
BEFORE INSERT ON statement FOR EACH ROW EXECUTE FUNCTION check_statement();
CREATE TRIGGER statement_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON statement
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whether an entry is in a statement of a month that ends at `ends`, as known by `known`, after one
-- of a month that ended at `before_ends` and was closed as known by `before` (null: the first).
-- What came too late for a month is in the next one that is closed after it was known.
CREATE FUNCTION is_stated(
    recorded_by xid8,
    at timestamptz,
    known pg_snapshot,
    ends timestamptz,
    before pg_snapshot,
    before_ends timestamptz
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        at < ends
        AND pg_visible_in_snapshot(recorded_by, known)
        AND (before IS NULL OR at >= before_ends OR NOT pg_visible_in_snapshot(recorded_by, before))
$$;
