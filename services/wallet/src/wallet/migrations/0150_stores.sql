-- App stores as providers: they tell products instead of amounts, and want things done by a deadline.

-- A store sells a product at a price that it sets and taxes itself: what is compared with the order
-- is the product, which is named like the bundle, and how many of it.
ALTER TABLE provider_event
ADD COLUMN bundle_id text,
ADD COLUMN quantity bigint,
ADD CONSTRAINT provider_event_product_has_quantity CHECK (
    (bundle_id IS NULL) = (quantity IS NULL)
),
DROP CONSTRAINT provider_event_payment_outcome_check,
ADD CONSTRAINT provider_event_payment_outcome_check CHECK (
    payment_outcome IN ('succeeded', 'declined', 'claimed', 'noted', 'asked')
),
DROP CONSTRAINT provider_event_outcome_check,
ADD CONSTRAINT provider_event_outcome_check CHECK (
    outcome IN (
        'applied', 'ignored', 'parked', 'mismatched', 'taken', 'unknown_type', 'malformed'
    )
);

CREATE FUNCTION check_provider_event_product() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.bundle_id, OLD.quantity) IS DISTINCT FROM (NEW.bundle_id, NEW.quantity) THEN
        RAISE EXCEPTION 'event % of % is fixed', OLD.event_id, OLD.provider
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER provider_event_product_is_fixed
BEFORE UPDATE ON provider_event FOR EACH ROW EXECUTE FUNCTION check_provider_event_product();

-- What stores tell of payments without naming a purchase, until a purchase is paid by one.
CREATE INDEX provider_event_parked_payment ON provider_event (provider, payment_id)
WHERE outcome = 'parked' AND reference IS NULL;

-- What a buyer has said last about telling a store how far the coins were used.
CREATE TABLE usage_consent (
    purchase_id uuid PRIMARY KEY REFERENCES purchase,
    consents boolean NOT NULL,
    said_at timestamptz NOT NULL
);

-- What a store waits for, until it is done: written in the transaction that causes it, worked off
-- by the worker, as often as it takes.
CREATE TABLE store_errand (
    provider text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('consume', 'tell_usage')),
    -- The purchase's id, or that of the event that asks.
    cause text NOT NULL,
    purchase_id uuid NOT NULL REFERENCES purchase,
    payment_id text NOT NULL,
    asked_at timestamptz NOT NULL,
    -- From when on somebody should look why it is not done.
    late_at timestamptz NOT NULL,
    -- From when on it is of no use.
    deadline_at timestamptz NOT NULL,
    -- When it is tried next.
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    outcome text CHECK (outcome IN ('done', 'needless', 'withheld', 'refused', 'missed')),
    ended_at timestamptz,
    PRIMARY KEY (provider, kind, cause),
    CONSTRAINT store_errand_is_late_before_its_deadline CHECK (
        asked_at <= late_at AND late_at < deadline_at
    ),
    CONSTRAINT store_errand_ended_has_time CHECK ((outcome IS NULL) = (ended_at IS NULL))
);

CREATE INDEX store_errand_due ON store_errand (due_at) WHERE outcome IS NULL;

CREATE FUNCTION check_store_errand() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome IS NOT NULL OR (
        OLD.provider, OLD.kind, OLD.cause, OLD.purchase_id, OLD.payment_id, OLD.asked_at,
        OLD.late_at, OLD.deadline_at
    ) IS DISTINCT FROM (
        NEW.provider, NEW.kind, NEW.cause, NEW.purchase_id, NEW.payment_id, NEW.asked_at,
        NEW.late_at, NEW.deadline_at
    ) THEN
        RAISE EXCEPTION 'errand % of % is fixed', OLD.cause, OLD.provider
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER store_errand_is_fixed
BEFORE UPDATE ON store_errand FOR EACH ROW EXECUTE FUNCTION check_store_errand();
CREATE TRIGGER store_errand_is_never_deleted
BEFORE DELETE ON store_errand FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER store_errand_is_not_truncated
BEFORE TRUNCATE ON store_errand EXECUTE FUNCTION refuse_change();
