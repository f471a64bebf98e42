-- What of payouts is withheld for the tax office, and what of that becomes the creator's again.

ALTER TABLE payout
ADD COLUMN withheld_minor bigint NOT NULL DEFAULT 0 CHECK (withheld_minor >= 0),
ADD COLUMN withheld_bps integer NOT NULL DEFAULT 0 CHECK (withheld_bps BETWEEN 0 AND 9999),
-- By which line of the table. Null of payouts from before there was one.
ADD COLUMN withholding_rule text CHECK (length(withholding_rule) BETWEEN 1 AND 64),
ADD COLUMN withholding_version integer REFERENCES withholding_rates,
ADD COLUMN tax_form_id uuid REFERENCES tax_form,
-- Withheld of earlier payouts by mistake and paid with this one; below zero: paid by mistake and
-- kept of this one.
ADD COLUMN correction_minor bigint NOT NULL DEFAULT 0,
DROP CONSTRAINT payout_fees_and_net_are_all,
ADD CONSTRAINT payout_fees_and_net_are_all CHECK (
    gross_minor + correction_minor
    = fixed_fee_minor + proportional_fee_minor + withheld_minor + net_minor
    AND gross_minor <= 9007199254740991
    AND net_minor <= 9007199254740991
),
ADD CONSTRAINT payout_withholding_has_rule CHECK (
    (withholding_rule IS NULL) = (withholding_version IS NULL)
    AND (withholding_rule IS NOT NULL OR (withheld_bps = 0 AND tax_form_id IS NULL))
    AND (withheld_bps > 0 OR withheld_minor = 0)
);

CREATE FUNCTION check_payout_withholding_fixed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (
        OLD.withheld_minor, OLD.withheld_bps, OLD.withholding_rule, OLD.withholding_version,
        OLD.tax_form_id, OLD.correction_minor
    ) IS DISTINCT FROM (
        NEW.withheld_minor, NEW.withheld_bps, NEW.withholding_rule, NEW.withholding_version,
        NEW.tax_form_id, NEW.correction_minor
    ) THEN
        RAISE EXCEPTION 'the withholding of payout % is fixed', OLD.payout_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER payout_withholding_is_fixed
BEFORE UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION check_payout_withholding_fixed();

-- The journal: what the tax office is owed, and what creators are owed of what it is not.
--   WITHHELD   of a payout that was paid
--   RETURNED   that payout came back: nothing was paid, so nothing is owed, nor was it corrected
--   CORRECTED  a form that became valid later says that less was due
--   SETTLED    a payout carries what its creator was owed
--   UNSETTLED  that payout did not arrive, or came back
CREATE TABLE withholding_entry (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    payout_id uuid NOT NULL REFERENCES payout,
    kind text NOT NULL CHECK (
        kind IN ('WITHHELD', 'RETURNED', 'CORRECTED', 'SETTLED', 'UNSETTLED')
    ),
    -- The year (UTC) in which the payout was paid, for which the tax office is owed.
    tax_year integer,
    -- What the tax office, and what the creator, is owed more.
    tax_minor bigint NOT NULL,
    creator_minor bigint NOT NULL,
    -- What a correction rests on.
    tax_form_id uuid REFERENCES tax_form,
    at timestamptz NOT NULL,
    CONSTRAINT withholding_entry_once UNIQUE NULLS NOT DISTINCT (payout_id, kind, tax_form_id),
    CONSTRAINT withholding_entry_of_a_form CHECK (
        (tax_form_id IS NOT NULL) = (kind = 'CORRECTED')
    ),
    CONSTRAINT withholding_entry_of_a_year CHECK (
        (tax_year IS NULL) = (kind IN ('SETTLED', 'UNSETTLED'))
    ),
    CONSTRAINT withholding_entry_amounts CHECK (
        CASE kind
            WHEN 'WITHHELD' THEN tax_minor > 0 AND creator_minor = 0
            WHEN 'RETURNED' THEN tax_minor <= 0 AND creator_minor <= 0
            WHEN 'CORRECTED' THEN tax_minor < 0 AND creator_minor = -tax_minor
            ELSE tax_minor = 0 AND creator_minor <> 0
        END
    )
);

CREATE INDEX withholding_entry_creator ON withholding_entry (creator_id, currency);

CREATE TRIGGER withholding_entry_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON withholding_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Only what is still owed to the tax office of a payout can become its creator's.
CREATE FUNCTION check_withholding_entry() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(tax_minor) FROM withholding_entry WHERE payout_id = NEW.payout_id) < 0 THEN
        RAISE EXCEPTION 'more would be given back of payout % than was withheld', NEW.payout_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER withholding_entry_gives_back_once
AFTER INSERT ON withholding_entry
FOR EACH ROW EXECUTE FUNCTION check_withholding_entry();

-- Written by the payout's own move, so that none goes without.
CREATE FUNCTION write_withholding() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'REQUESTED' AND NEW.correction_minor <> 0 THEN
        INSERT INTO withholding_entry
            (creator_id, currency, payout_id, kind, tax_minor, creator_minor, at)
        VALUES (
            NEW.creator_id, NEW.currency, NEW.payout_id, 'SETTLED', 0, -NEW.correction_minor,
            NEW.moved_at
        );
    END IF;
    IF NEW.status IN ('CANCELED', 'FAILED', 'RETURNED') AND NEW.correction_minor <> 0 THEN
        INSERT INTO withholding_entry
            (creator_id, currency, payout_id, kind, tax_minor, creator_minor, at)
        VALUES (
            NEW.creator_id, NEW.currency, NEW.payout_id, 'UNSETTLED', 0, NEW.correction_minor,
            NEW.moved_at
        );
    END IF;
    IF NEW.status = 'PAID' AND NEW.withheld_minor > 0 THEN
        INSERT INTO withholding_entry
            (creator_id, currency, payout_id, kind, tax_year, tax_minor, creator_minor, at)
        VALUES (
            NEW.creator_id, NEW.currency, NEW.payout_id, 'WITHHELD',
            extract(YEAR FROM NEW.moved_at AT TIME ZONE 'UTC'), NEW.withheld_minor, 0, NEW.moved_at
        );
    END IF;
    IF NEW.status = 'RETURNED' THEN
        INSERT INTO withholding_entry
            (creator_id, currency, payout_id, kind, tax_year, tax_minor, creator_minor, at)
        SELECT
            NEW.creator_id, NEW.currency, NEW.payout_id, 'RETURNED',
            tax_year, -sum(tax_minor), -sum(creator_minor), NEW.moved_at
        FROM withholding_entry
        WHERE payout_id = NEW.payout_id AND tax_year IS NOT NULL
        GROUP BY tax_year;
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER payout_writes_withholding
AFTER INSERT OR UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION write_withholding();
