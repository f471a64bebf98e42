-- Money in: the price book, purchases, and what payment providers tell us.

-- A version of the price book never changes. Purchases carry the terms that they were made under,
-- so nothing else reads a row by its content: it is kept as the document that was published.
CREATE TABLE price_book (
    version integer PRIMARY KEY CHECK (version > 0),
    effective_from timestamptz NOT NULL UNIQUE,
    document text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TRIGGER price_book_is_append_only
BEFORE UPDATE OR DELETE ON price_book FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER price_book_is_not_truncated
BEFORE TRUNCATE ON price_book EXECUTE FUNCTION refuse_change();

-- The one table of allowed moves. What is not in it cannot happen, whoever writes.
CREATE TABLE purchase_move (
    from_status text NOT NULL,
    to_status text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO purchase_move (from_status, to_status)
VALUES
('CREATED', 'PENDING'),
('CREATED', 'PAID'), -- the provider was faster than its own answer to us
('CREATED', 'DECLINED'),
('PENDING', 'PAID'),
('PENDING', 'DECLINED'),
('DECLINED', 'PAID'), -- money that arrives is credited, whatever was said before
('PAID', 'CREDITED');

CREATE TABLE purchase (
    purchase_id uuid PRIMARY KEY,
    user_id text NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
    provider text NOT NULL,
    bundle_id text NOT NULL,
    price_book_version integer NOT NULL REFERENCES price_book,
    coins bigint NOT NULL CHECK (coins BETWEEN 1 AND 9007199254740991),
    bonus_coins bigint NOT NULL CHECK (bonus_coins BETWEEN 0 AND 9007199254740991),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    seller text NOT NULL,
    refund_window_days integer NOT NULL CHECK (refund_window_days >= 0),
    bonus_expires_after_days integer CHECK (bonus_expires_after_days > 0),
    status text NOT NULL DEFAULT 'CREATED' CHECK (
        status IN ('CREATED', 'PENDING', 'PAID', 'CREDITED', 'DECLINED')
    ),
    payment_id text,
    checkout_url text,
    created_at timestamptz NOT NULL,
    paid_at timestamptz,
    credited_at timestamptz,
    -- The business key: a payment pays for one purchase, whatever events tell of it.
    CONSTRAINT purchase_one_per_payment UNIQUE (provider, payment_id),
    CONSTRAINT purchase_payable_has_page CHECK (
        status <> 'PENDING' OR (payment_id IS NOT NULL AND checkout_url IS NOT NULL)
    ),
    CONSTRAINT purchase_decided_has_payment CHECK (
        status IN ('CREATED', 'PENDING') OR payment_id IS NOT NULL
    ),
    CONSTRAINT purchase_paid_has_time CHECK (
        (status IN ('PAID', 'CREDITED')) = (paid_at IS NOT NULL)
    ),
    CONSTRAINT purchase_credited_has_time CHECK ((status = 'CREDITED') = (credited_at IS NOT NULL))
);

CREATE FUNCTION check_purchase_move() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> NEW.status AND NOT EXISTS (
        SELECT FROM purchase_move
        WHERE from_status = OLD.status AND to_status = NEW.status
    ) THEN
        RAISE EXCEPTION 'purchase % cannot go from % to %', OLD.purchase_id, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- What is told once stays: who paid and when is learnt later than the terms, and never unlearnt.
    IF (
        OLD.purchase_id, OLD.user_id, OLD.provider, OLD.bundle_id, OLD.price_book_version,
        OLD.coins, OLD.bonus_coins, OLD.amount_minor, OLD.currency, OLD.seller,
        OLD.refund_window_days, OLD.bonus_expires_after_days, OLD.created_at,
        coalesce(OLD.payment_id, NEW.payment_id), coalesce(OLD.checkout_url, NEW.checkout_url),
        coalesce(OLD.paid_at, NEW.paid_at), coalesce(OLD.credited_at, NEW.credited_at)
    ) IS DISTINCT FROM (
        NEW.purchase_id, NEW.user_id, NEW.provider, NEW.bundle_id, NEW.price_book_version,
        NEW.coins, NEW.bonus_coins, NEW.amount_minor, NEW.currency, NEW.seller,
        NEW.refund_window_days, NEW.bonus_expires_after_days, NEW.created_at,
        NEW.payment_id, NEW.checkout_url, NEW.paid_at, NEW.credited_at
    ) THEN
        RAISE EXCEPTION 'the terms of purchase % are fixed', OLD.purchase_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE FUNCTION check_purchase_begins() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'CREATED' THEN
        RAISE EXCEPTION 'purchase % cannot begin as %', NEW.purchase_id, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER purchase_begins_created
BEFORE INSERT ON purchase FOR EACH ROW EXECUTE FUNCTION check_purchase_begins();
CREATE TRIGGER purchase_moves_as_allowed
BEFORE UPDATE ON purchase FOR EACH ROW EXECUTE FUNCTION check_purchase_move();
CREATE TRIGGER purchase_is_never_deleted
BEFORE DELETE ON purchase FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purchase_is_not_truncated
BEFORE TRUNCATE ON purchase EXECUTE FUNCTION refuse_change();

-- Events of providers, each once: written in the transaction of its effect (E18).
CREATE TABLE provider_event (
    provider text NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    -- What the type means; null for types that we do not know.
    payment_outcome text CHECK (payment_outcome IN ('succeeded', 'declined')),
    payment_id text,
    reference text,
    amount_minor bigint,
    currency text,
    outcome text NOT NULL CHECK (
        outcome IN ('applied', 'ignored', 'parked', 'mismatched', 'unknown_type', 'malformed')
    ),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (provider, event_id)
);

-- An event is evidence: only what came of it may be written later.
CREATE FUNCTION check_provider_event() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (
        OLD.provider, OLD.event_id, OLD.type, OLD.payment_outcome, OLD.payment_id, OLD.reference,
        OLD.amount_minor, OLD.currency, OLD.received_at
    ) IS DISTINCT FROM (
        NEW.provider, NEW.event_id, NEW.type, NEW.payment_outcome, NEW.payment_id, NEW.reference,
        NEW.amount_minor, NEW.currency, NEW.received_at
    ) THEN
        RAISE EXCEPTION 'event % of % is fixed', OLD.event_id, OLD.provider
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER provider_event_is_fixed
BEFORE UPDATE ON provider_event FOR EACH ROW EXECUTE FUNCTION check_provider_event();
CREATE TRIGGER provider_event_is_never_deleted
BEFORE DELETE ON provider_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER provider_event_is_not_truncated
BEFORE TRUNCATE ON provider_event EXECUTE FUNCTION refuse_change();

-- Payments whose purchase we do not know, until we do.
CREATE INDEX provider_event_parked ON provider_event (provider, reference)
WHERE outcome = 'parked';

-- Every authentic delivery as it came, repeats included.
CREATE TABLE provider_delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    event_id text NOT NULL,
    body bytea NOT NULL,
    received_at timestamptz NOT NULL
);

CREATE INDEX provider_delivery_event ON provider_delivery (provider, event_id);
CREATE TRIGGER provider_delivery_is_append_only
BEFORE UPDATE OR DELETE ON provider_delivery FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER provider_delivery_is_not_truncated
BEFORE TRUNCATE ON provider_delivery EXECUTE FUNCTION refuse_change();

-- Events that a person must look at: what we could not understand or match is never passed over.
-- Resolved by a person, or by the purchase that a payment waited for.
CREATE TABLE provider_alarm (
    provider text NOT NULL,
    event_id text NOT NULL,
    reason text NOT NULL,
    raised_at timestamptz NOT NULL,
    resolved_at timestamptz,
    PRIMARY KEY (provider, event_id)
);

CREATE INDEX provider_alarm_open ON provider_alarm (provider) WHERE resolved_at IS NULL;
CREATE TRIGGER provider_alarm_is_never_deleted
BEFORE DELETE ON provider_alarm FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER provider_alarm_is_not_truncated
BEFORE TRUNCATE ON provider_alarm EXECUTE FUNCTION refuse_change();
