-- What creators declare of their taxes, and what is withheld of whom: versions that never change.

CREATE TABLE withholding_rates (
    version integer PRIMARY KEY CHECK (version > 0),
    effective_from timestamptz NOT NULL UNIQUE,
    document text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TRIGGER withholding_rates_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON withholding_rates
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A form as it was signed. The number is sealed: only the service has the keys.
CREATE TABLE tax_form (
    form_id uuid PRIMARY KEY,
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    kind text NOT NULL CHECK (kind IN ('W9', 'W8BEN', 'OTHER')),
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    claims_treaty boolean NOT NULL,
    display text NOT NULL CHECK (length(display) BETWEEN 1 AND 64),
    sealed_tax_id bytea NOT NULL,
    submitted_at timestamptz NOT NULL,
    -- The last day (UTC) on which it holds; null: until there is another.
    valid_until date,
    status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'VERIFIED', 'REJECTED')),
    -- When it was verified for the first time. The newest one counts, be it rejected later.
    verified_at timestamptz,
    moved_at timestamptz NOT NULL,
    moved_by text NOT NULL CHECK (length(moved_by) BETWEEN 1 AND 64),
    reason text CHECK (length(reason) BETWEEN 1 AND 500),
    CONSTRAINT tax_form_kind_fits_country CHECK (
        kind = 'OTHER' OR (kind = 'W9') = (country = 'US')
    ),
    CONSTRAINT tax_form_treaty_is_of_foreigners CHECK (NOT claims_treaty OR kind = 'W8BEN'),
    CONSTRAINT tax_form_expires CHECK ((valid_until IS NULL) = (kind = 'W9')),
    CONSTRAINT tax_form_verified_has_moment CHECK (
        (status <> 'VERIFIED' OR verified_at IS NOT NULL)
        AND (status <> 'PENDING' OR verified_at IS NULL)
    ),
    CONSTRAINT tax_form_reviewed_has_reason CHECK (status = 'PENDING' OR reason IS NOT NULL)
);

CREATE INDEX tax_form_creator ON tax_form (creator_id, submitted_at, form_id);

-- The one table of allowed moves. What is not in it cannot happen, whoever writes.
CREATE TABLE tax_form_move (
    from_status text NOT NULL,
    to_status text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO tax_form_move (from_status, to_status)
VALUES
('PENDING', 'VERIFIED'),
('PENDING', 'REJECTED'),
('VERIFIED', 'REJECTED'); -- found to be wrong afterwards

CREATE FUNCTION check_tax_form_move() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM tax_form_move WHERE from_status = OLD.status AND to_status = NEW.status
    ) THEN
        RAISE EXCEPTION 'tax form % cannot go from % to %',
            OLD.form_id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    IF (
        OLD.form_id, OLD.creator_id, OLD.kind, OLD.country, OLD.claims_treaty, OLD.display,
        OLD.sealed_tax_id, OLD.submitted_at, OLD.valid_until,
        coalesce(OLD.verified_at, NEW.verified_at)
    ) IS DISTINCT FROM (
        NEW.form_id, NEW.creator_id, NEW.kind, NEW.country, NEW.claims_treaty, NEW.display,
        NEW.sealed_tax_id, NEW.submitted_at, NEW.valid_until,
        NEW.verified_at
    ) THEN
        RAISE EXCEPTION 'tax form % is fixed', OLD.form_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER tax_form_moves_as_allowed
BEFORE UPDATE ON tax_form FOR EACH ROW EXECUTE FUNCTION check_tax_form_move();
CREATE TRIGGER tax_form_is_never_deleted
BEFORE DELETE OR TRUNCATE ON tax_form FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
