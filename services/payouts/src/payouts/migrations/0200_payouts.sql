-- Money out: terms, methods, reviews, payouts, and what payouts took of the earnings.

-- A version of the terms never changes; a payout names the one that it was requested under. Nothing
-- reads a row by its content, so it is kept as the document that was published.
CREATE TABLE payout_terms (
    version integer PRIMARY KEY CHECK (version > 0),
    effective_from timestamptz NOT NULL UNIQUE,
    document text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TRIGGER payout_terms_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_terms
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Diamonds that a payout has reserved or paid. Kept with the earning itself, so that the database
-- refuses to hand out one diamond twice, whoever tries: two payouts, or a payout and whatever else
-- takes earnings away. No index on it, as on the amount.
ALTER TABLE earning_bucket
ADD COLUMN taken_micro_diamonds bigint NOT NULL DEFAULT 0,
ADD CONSTRAINT earning_bucket_taken_once CHECK (
    taken_micro_diamonds BETWEEN 0 AND micro_diamonds
);

-- What of the earnings is still the creator's to take: the one definition, for questions and for
-- reservations. Whatever else takes earnings away has to be subtracted here.
CREATE VIEW earning_free AS
SELECT
    creator_id,
    matures_on,
    rate_version,
    taken_micro_diamonds,
    micro_diamonds - taken_micro_diamonds AS free_micro_diamonds
FROM earning_bucket;

-- Where a creator's money goes. The details are sealed: only the service has the keys.
CREATE TABLE payout_method (
    method_id uuid PRIMARY KEY,
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    rail text NOT NULL CHECK (length(rail) BETWEEN 1 AND 64),
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    display text NOT NULL CHECK (length(display) BETWEEN 1 AND 64),
    sealed_details bytea NOT NULL,
    terms_version integer NOT NULL REFERENCES payout_terms,
    added_at timestamptz NOT NULL,
    usable_from timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'VERIFIED', 'DISABLED')),
    moved_at timestamptz NOT NULL,
    moved_by text NOT NULL CHECK (length(moved_by) BETWEEN 1 AND 64),
    reason text CHECK (length(reason) BETWEEN 1 AND 500),
    CONSTRAINT payout_method_usable_after_added CHECK (usable_from >= added_at),
    CONSTRAINT payout_method_disabled_has_reason CHECK (status <> 'DISABLED' OR reason IS NOT NULL)
);

CREATE INDEX payout_method_creator ON payout_method (creator_id, added_at, method_id);
CREATE INDEX payout_method_pending ON payout_method (added_at) WHERE status = 'PENDING';

-- The one table of allowed moves. What is not in it cannot happen, whoever writes.
CREATE TABLE payout_method_move (
    from_status text NOT NULL,
    to_status text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO payout_method_move (from_status, to_status)
VALUES
('PENDING', 'VERIFIED'),
('PENDING', 'DISABLED'),
('VERIFIED', 'DISABLED');

-- What operators and screening found out about creators; the newest of a kind counts.
CREATE TABLE creator_review (
    review_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    decision text NOT NULL CHECK (
        decision IN ('IDENTITY_VERIFIED', 'IDENTITY_REJECTED', 'SANCTION_HIT', 'SANCTION_CLEARED')
    ),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    reviewed_by text NOT NULL CHECK (length(reviewed_by) BETWEEN 1 AND 64),
    reviewed_at timestamptz NOT NULL
);

CREATE INDEX creator_review_creator ON creator_review (creator_id, review_id);
CREATE TRIGGER creator_review_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON creator_review
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE payout_move (
    from_status text NOT NULL,
    to_status text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO payout_move (from_status, to_status)
VALUES
('REQUESTED', 'HELD'),
('REQUESTED', 'QUEUED'),
('HELD', 'QUEUED'),
('HELD', 'CANCELED'),
('QUEUED', 'HELD'), -- a sanction hit between request and transfer
('QUEUED', 'CANCELED'),
('QUEUED', 'SUBMITTED'),
('SUBMITTED', 'PAID'),
('SUBMITTED', 'FAILED'),
('PAID', 'RETURNED'); -- banks say "paid" and think again

-- Diamonds on their way to become money.
CREATE TABLE payout (
    payout_id uuid PRIMARY KEY,
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    method_id uuid NOT NULL REFERENCES payout_method,
    requested_micro_diamonds bigint NOT NULL,
    -- What was reserved: without what makes no whole unit of the currency, which stays earned.
    micro_diamonds bigint NOT NULL CHECK (micro_diamonds > 0),
    -- What the diamonds are worth in the currency in which creators are owed.
    worth_minor bigint NOT NULL CHECK (worth_minor >= 0),
    worth_currency text NOT NULL CHECK (worth_currency ~ '^[A-Z]{3}$'),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    gross_minor bigint NOT NULL,
    fixed_fee_minor bigint NOT NULL CHECK (fixed_fee_minor >= 0),
    proportional_fee_minor bigint NOT NULL CHECK (proportional_fee_minor >= 0),
    net_minor bigint NOT NULL CHECK (net_minor > 0),
    -- Units of the payout's currency per unit of the other, in billionths; where from and when.
    nano_rate bigint NOT NULL CHECK (nano_rate > 0),
    rate_source text,
    rate_observed_at timestamptz,
    terms_version integer NOT NULL REFERENCES payout_terms,
    requested_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'REQUESTED' CHECK (
        status IN (
            'REQUESTED', 'HELD', 'QUEUED', 'SUBMITTED', 'PAID', 'RETURNED', 'FAILED', 'CANCELED'
        )
    ),
    moved_at timestamptz NOT NULL,
    moved_by text NOT NULL CHECK (length(moved_by) BETWEEN 1 AND 64),
    reason text CHECK (length(reason) BETWEEN 1 AND 500),
    CONSTRAINT payout_reserves_no_more_than_asked CHECK (
        micro_diamonds <= requested_micro_diamonds
        AND requested_micro_diamonds <= 9007199254740991
    ),
    CONSTRAINT payout_fees_and_net_are_all CHECK (
        gross_minor = fixed_fee_minor + proportional_fee_minor + net_minor
        AND gross_minor <= 9007199254740991
    ),
    CONSTRAINT payout_conversion_has_source CHECK (
        (rate_source IS NULL) = (currency = worth_currency)
        AND (rate_observed_at IS NULL) = (currency = worth_currency)
        AND (currency <> worth_currency OR nano_rate = 1000000000)
    ),
    CONSTRAINT payout_stopped_has_reason CHECK (
        status NOT IN ('HELD', 'RETURNED', 'FAILED', 'CANCELED') OR reason IS NOT NULL
    )
);

CREATE INDEX payout_creator ON payout (creator_id, requested_at, payout_id);
CREATE INDEX payout_queued ON payout (due_at, payout_id) WHERE status = 'QUEUED';
CREATE INDEX payout_held ON payout (moved_at, payout_id) WHERE status = 'HELD';
CREATE INDEX payout_submitted ON payout (moved_at, payout_id) WHERE status = 'SUBMITTED';
CREATE INDEX payout_open ON payout (creator_id, method_id)
WHERE status IN ('REQUESTED', 'HELD', 'QUEUED', 'SUBMITTED');

-- Which earnings a payout carries: what follows a coin from its purchase to the creator's bank.
CREATE TABLE payout_part (
    payout_id uuid NOT NULL REFERENCES payout,
    matures_on date NOT NULL,
    rate_version integer NOT NULL,
    micro_diamonds bigint NOT NULL CHECK (micro_diamonds > 0),
    PRIMARY KEY (payout_id, matures_on, rate_version)
);

CREATE TRIGGER payout_part_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_part
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_payout_parts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.micro_diamonds IS DISTINCT FROM (
        SELECT sum(micro_diamonds) FROM payout_part WHERE payout_id = NEW.payout_id
    ) THEN
        RAISE EXCEPTION 'the parts of payout % are not all of it', NEW.payout_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_parts_add_up';
    END IF;
    RETURN NULL;
END;
$$;

CREATE CONSTRAINT TRIGGER payout_parts_add_up
AFTER INSERT ON payout DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_payout_parts();

-- Every move: when, by whom and why. Written by the move itself, so that none goes without.
CREATE TABLE payout_history (
    payout_id uuid NOT NULL REFERENCES payout,
    step integer NOT NULL CHECK (step > 0),
    status text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (payout_id, step)
);

CREATE TRIGGER payout_history_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_history
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE payout_method_history (
    method_id uuid NOT NULL REFERENCES payout_method,
    step integer NOT NULL CHECK (step > 0),
    status text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (method_id, step)
);

CREATE TRIGGER payout_method_history_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_method_history
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_payout_begins() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'REQUESTED' THEN
        RAISE EXCEPTION 'payout % cannot begin as %', NEW.payout_id, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE FUNCTION check_payout_move() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM payout_move WHERE from_status = OLD.status AND to_status = NEW.status
    ) THEN
        RAISE EXCEPTION 'payout % cannot go from % to %', OLD.payout_id, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (
        OLD.payout_id, OLD.creator_id, OLD.method_id, OLD.requested_micro_diamonds,
        OLD.micro_diamonds, OLD.worth_minor, OLD.worth_currency, OLD.currency, OLD.gross_minor,
        OLD.fixed_fee_minor, OLD.proportional_fee_minor, OLD.net_minor, OLD.nano_rate,
        OLD.rate_source, OLD.rate_observed_at, OLD.terms_version, OLD.requested_at, OLD.due_at
    ) IS DISTINCT FROM (
        NEW.payout_id, NEW.creator_id, NEW.method_id, NEW.requested_micro_diamonds,
        NEW.micro_diamonds, NEW.worth_minor, NEW.worth_currency, NEW.currency, NEW.gross_minor,
        NEW.fixed_fee_minor, NEW.proportional_fee_minor, NEW.net_minor, NEW.nano_rate,
        NEW.rate_source, NEW.rate_observed_at, NEW.terms_version, NEW.requested_at, NEW.due_at
    ) THEN
        RAISE EXCEPTION 'the terms of payout % are fixed', OLD.payout_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE FUNCTION write_payout_history() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payout_history (payout_id, step, status, at, actor, reason)
    SELECT
        NEW.payout_id,
        1 + coalesce(max(step), 0),
        NEW.status,
        NEW.moved_at,
        NEW.moved_by,
        NEW.reason
    FROM payout_history
    WHERE payout_id = NEW.payout_id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER payout_begins_requested
BEFORE INSERT ON payout FOR EACH ROW EXECUTE FUNCTION check_payout_begins();
CREATE TRIGGER payout_moves_as_allowed
BEFORE UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION check_payout_move();
CREATE TRIGGER payout_writes_history
AFTER INSERT OR UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION write_payout_history();
CREATE TRIGGER payout_is_never_deleted
BEFORE DELETE OR TRUNCATE ON payout FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_payout_method_move() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM payout_method_move WHERE from_status = OLD.status AND to_status = NEW.status
    ) THEN
        RAISE EXCEPTION 'payout method % cannot go from % to %',
            OLD.method_id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    IF (
        OLD.method_id, OLD.creator_id, OLD.rail, OLD.country, OLD.currency, OLD.display,
        OLD.sealed_details, OLD.terms_version, OLD.added_at, OLD.usable_from
    ) IS DISTINCT FROM (
        NEW.method_id, NEW.creator_id, NEW.rail, NEW.country, NEW.currency, NEW.display,
        NEW.sealed_details, NEW.terms_version, NEW.added_at, NEW.usable_from
    ) THEN
        -- Another account is another method: no payout may find itself at one it was not meant for.
        RAISE EXCEPTION 'payout method % is fixed', OLD.method_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE FUNCTION write_payout_method_history() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payout_method_history (method_id, step, status, at, actor, reason)
    SELECT
        NEW.method_id,
        1 + coalesce(max(step), 0),
        NEW.status,
        NEW.moved_at,
        NEW.moved_by,
        NEW.reason
    FROM payout_method_history
    WHERE method_id = NEW.method_id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER payout_method_moves_as_allowed
BEFORE UPDATE ON payout_method FOR EACH ROW EXECUTE FUNCTION check_payout_method_move();
CREATE TRIGGER payout_method_writes_history
AFTER INSERT OR UPDATE ON payout_method
FOR EACH ROW EXECUTE FUNCTION write_payout_method_history();
CREATE TRIGGER payout_method_is_never_deleted
BEFORE DELETE OR TRUNCATE ON payout_method FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
