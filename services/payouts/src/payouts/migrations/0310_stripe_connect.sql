-- Rails that keep accounts of their own for creators and tell by webhooks, such as Stripe Connect:
-- whose account is whose, what is to be looked at, and what was told.

-- Somebody who was verified and is not any more, such as where papers have expired.
ALTER TABLE creator_review
DROP CONSTRAINT creator_review_decision_check,
ADD CONSTRAINT creator_review_decision_check CHECK (
    decision IN (
        'IDENTITY_VERIFIED', 'IDENTITY_LAPSED', 'IDENTITY_REJECTED', 'SANCTION_HIT',
        'SANCTION_CLEARED'
    )
);

-- A creator's account at a rail: one, whatever methods they add, so that one person is verified
-- once. Its name is where bank details are, sealed with the first method; what is here finds it.
CREATE TABLE hosted_account (
    rail text NOT NULL CHECK (length(rail) BETWEEN 1 AND 64),
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    method_id uuid NOT NULL UNIQUE REFERENCES payout_method,
    digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    looks integer NOT NULL DEFAULT 0 CHECK (looks >= 0),
    look_at timestamptz NOT NULL,
    PRIMARY KEY (rail, creator_id),
    CONSTRAINT hosted_account_is_of_one_creator UNIQUE (rail, digest)
);

CREATE INDEX hosted_account_due ON hosted_account (rail, look_at);

CREATE FUNCTION check_hosted_account() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.rail, OLD.creator_id, OLD.method_id, OLD.digest)
        IS DISTINCT FROM (NEW.rail, NEW.creator_id, NEW.method_id, NEW.digest)
    THEN
        RAISE EXCEPTION 'whose account it is never changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER hosted_account_stays_whose_it_is
BEFORE UPDATE ON hosted_account FOR EACH ROW EXECUTE FUNCTION check_hosted_account();
CREATE TRIGGER hosted_account_is_never_deleted
BEFORE DELETE OR TRUNCATE ON hosted_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An order that may be with a rail, written before the rail is asked. It is looked at when it is
-- due, and at once where a webhook names it.
CREATE TABLE rail_watch (
    rail text NOT NULL CHECK (length(rail) BETWEEN 1 AND 64),
    transfer_key text NOT NULL CHECK (length(transfer_key) BETWEEN 1 AND 200),
    begun_at timestamptz NOT NULL,
    looks integer NOT NULL DEFAULT 0 CHECK (looks >= 0),
    -- Null: nothing is expected to come of it any more.
    look_at timestamptz,
    -- How often the rail has said for certain that it took nothing. Part of the idempotency key: a
    -- rail repeats a refusal as long as it remembers the key.
    refusals integer NOT NULL DEFAULT 0 CHECK (refusals >= 0),
    -- The last of what was told of it.
    told text CHECK (told IN ('pending', 'paid', 'failed', 'returned')),
    PRIMARY KEY (rail, transfer_key)
);

CREATE INDEX rail_watch_due ON rail_watch (rail, look_at) WHERE look_at IS NOT NULL;

-- What has been found out about orders, numbered in the order of its commits: what the payout run
-- reads, as it reads other rails' own lists.
CREATE TABLE rail_told (
    rail text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    transfer_key text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'paid', 'failed', 'returned')),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reason text CHECK (length(reason) BETWEEN 1 AND 200),
    told_at timestamptz NOT NULL,
    PRIMARY KEY (rail, seq),
    -- Nothing is told twice.
    CONSTRAINT rail_told_once UNIQUE (rail, transfer_key, status),
    FOREIGN KEY (rail, transfer_key) REFERENCES rail_watch
);

CREATE TRIGGER rail_told_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON rail_told
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Deliveries of rails' webhooks, each event once. Not their bodies: they hold names, birthdays and
-- addresses that payouts has no use for. The rail can be asked for an event by its id.
CREATE TABLE rail_event (
    rail text NOT NULL,
    event_id text NOT NULL CHECK (length(event_id) BETWEEN 1 AND 128),
    type text NOT NULL CHECK (length(type) BETWEEN 1 AND 128),
    -- What it is about: an account, by its digest, or an order, by its key.
    about text CHECK (about IN ('account', 'order')),
    subject text CHECK (length(subject) BETWEEN 1 AND 200),
    outcome text NOT NULL CHECK (
        outcome IN ('applied', 'parked', 'unknown_type', 'malformed', 'contradicted')
    ),
    received_at timestamptz NOT NULL,
    -- When somebody looked at what has to be looked at, or it explained itself.
    resolved_at timestamptz,
    PRIMARY KEY (rail, event_id)
);

CREATE INDEX rail_event_open ON rail_event (rail, subject)
WHERE outcome <> 'applied' AND resolved_at IS NULL;
CREATE TRIGGER rail_event_is_never_deleted
BEFORE DELETE OR TRUNCATE ON rail_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
