-- Money taken back: what providers and operators claim of a payment, what was booked for it leg by
-- leg, and what was given back of that.
--
-- A claim only ever grows: how much was taken back in all, how much of that was returned in all,
-- and whether it is decided. Events may therefore come late, twice and in any order (E03, E20): the
-- claim is the greatest that was told, and what is booked follows from the claims.

-- ---------------------------------------------------------------- the purchase's states

ALTER TABLE purchase
DROP CONSTRAINT purchase_status_check,
DROP CONSTRAINT purchase_paid_has_time,
DROP CONSTRAINT purchase_credited_has_time,
ADD CONSTRAINT purchase_status_check CHECK (
    status IN (
        'CREATED', 'PENDING', 'DECLINED', 'PAID', 'CREDITED',
        'DISPUTED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'CHARGED_BACK', 'VOIDED'
    )
),
ADD CONSTRAINT purchase_paid_has_time CHECK (
    (status IN ('CREATED', 'PENDING', 'DECLINED')) = (paid_at IS NULL)
),
ADD CONSTRAINT purchase_credited_has_time CHECK (
    (status IN ('CREATED', 'PENDING', 'DECLINED', 'PAID')) = (credited_at IS NULL)
);

-- Once credited, what is claimed decides, and claims may end in each other's favour. Only a void is
-- the end: there never was a payment.
INSERT INTO purchase_move (from_status, to_status)
SELECT
    f.status,
    t.status
FROM unnest(ARRAY['CREDITED', 'DISPUTED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'CHARGED_BACK'])
    AS f (status)
CROSS JOIN unnest(
    ARRAY['CREDITED', 'DISPUTED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'CHARGED_BACK', 'VOIDED']
) AS t (status)
WHERE f.status <> t.status;

-- ---------------------------------------------------------------- what providers tell

-- What an event claims, as JSON; null where it claims nothing.
ALTER TABLE provider_event
ADD COLUMN claim text,
DROP CONSTRAINT provider_event_payment_outcome_check,
ADD CONSTRAINT provider_event_payment_outcome_check CHECK (
    payment_outcome IN ('succeeded', 'declined', 'claimed')
),
ADD CONSTRAINT provider_event_claims_something CHECK (
    (claim IS NOT NULL) = (payment_outcome IS NOT DISTINCT FROM 'claimed')
);

CREATE OR REPLACE FUNCTION check_provider_event() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (
        OLD.provider, OLD.event_id, OLD.type, OLD.payment_outcome, OLD.payment_id, OLD.reference,
        OLD.amount_minor, OLD.currency, OLD.received_at, OLD.claim
    ) IS DISTINCT FROM (
        NEW.provider, NEW.event_id, NEW.type, NEW.payment_outcome, NEW.payment_id, NEW.reference,
        NEW.amount_minor, NEW.currency, NEW.received_at, NEW.claim
    ) THEN
        RAISE EXCEPTION 'event % of % is fixed', OLD.event_id, OLD.provider
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TABLE payment_claim (
    purchase_id uuid NOT NULL REFERENCES purchase,
    -- 'refund' and 'void' of the provider; 'dispute:' and its id there; 'operator:' and the id of
    -- the reversal that was asked for.
    claim text NOT NULL CHECK (claim ~ '^(refund|void|(dispute|operator):.{1,128})$'),
    -- The order in which claims share what was paid.
    seq bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind IN ('refund', 'void', 'chargeback', 'minor_refund')),
    -- In all so far, and of that returned in all so far.
    claimed_minor bigint NOT NULL CHECK (claimed_minor BETWEEN 1 AND 9007199254740991),
    returned_minor bigint NOT NULL CHECK (returned_minor >= 0),
    -- Not decided yet: what is booked for it is held.
    is_open boolean NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (purchase_id, claim),
    CONSTRAINT payment_claim_returns_no_more_than_claimed CHECK (returned_minor <= claimed_minor),
    CONSTRAINT payment_claim_only_disputes_are_open CHECK (NOT is_open OR kind = 'chargeback')
);

CREATE FUNCTION check_payment_claim() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF
        NEW.claimed_minor < OLD.claimed_minor
        OR NEW.returned_minor < OLD.returned_minor
        OR NEW.is_open > OLD.is_open
        OR (OLD.purchase_id, OLD.claim, OLD.seq, OLD.kind, OLD.told_at)
        IS DISTINCT FROM (NEW.purchase_id, NEW.claim, NEW.seq, NEW.kind, NEW.told_at)
    THEN
        RAISE EXCEPTION 'claim % on purchase % only grows', OLD.claim, OLD.purchase_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER payment_claim_only_grows
BEFORE UPDATE ON payment_claim FOR EACH ROW EXECUTE FUNCTION check_payment_claim();
CREATE TRIGGER payment_claim_is_never_deleted
BEFORE DELETE OR TRUNCATE ON payment_claim
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a provider charges for a dispute, once, won or lost (E05). Money of ours, not coins.
CREATE TABLE dispute_fee (
    purchase_id uuid NOT NULL,
    claim text NOT NULL,
    fee_minor bigint NOT NULL CHECK (fee_minor > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    charged_at timestamptz NOT NULL,
    PRIMARY KEY (purchase_id, claim),
    FOREIGN KEY (purchase_id, claim) REFERENCES payment_claim
);

CREATE TRIGGER dispute_fee_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON dispute_fee
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------- what is booked

CREATE TABLE reversal (
    -- An operator's own; else derived from the claim and how often something was booked for it.
    reversal_id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    purchase_id uuid NOT NULL,
    claim text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    -- Bought and bonus coins; none where the amount is less than a coin's worth.
    coins bigint NOT NULL CHECK (coins BETWEEN 0 AND 9007199254740991),
    policy_version integer NOT NULL CHECK (policy_version > 0),
    -- Held until the claim is decided: see reversal_settled.
    is_held boolean NOT NULL,
    -- Who took it back: a provider, or an operator with the reason that they gave.
    actor text NOT NULL CHECK (actor ~ '^(provider|operator):.{1,64}$'),
    note text CHECK (length(note) BETWEEN 1 AND 500),
    booked_at timestamptz NOT NULL,
    FOREIGN KEY (purchase_id, claim) REFERENCES payment_claim,
    CONSTRAINT reversal_operator_says_why CHECK ((actor LIKE 'operator:%') = (note IS NOT NULL))
);

CREATE INDEX reversal_of_purchase ON reversal (purchase_id, claim);

-- Who loses what. Positions are the order of the waterfall.
CREATE TABLE reversal_leg (
    reversal_id uuid NOT NULL REFERENCES reversal,
    position integer NOT NULL CHECK (position >= 0),
    kind text NOT NULL CHECK (
        kind IN (
            'unspent', 'expired', 'repaid', 'payer_debt', 'creator_unmatured', 'reserve',
            'platform_loss'
        )
    ),
    coins bigint NOT NULL CHECK (coins > 0),
    -- The purchase's lot that these coins were of.
    lot_id bigint NOT NULL,
    -- The user who loses them; null where it is the platform.
    party text CHECK (length(party) BETWEEN 1 AND 64),
    -- The charge that they had been spent on.
    charge_id uuid,
    PRIMARY KEY (reversal_id, position),
    CONSTRAINT reversal_leg_of_users_names_them CHECK (
        (kind IN ('unspent', 'repaid', 'payer_debt', 'creator_unmatured')) = (party IS NOT NULL)
    ),
    CONSTRAINT reversal_leg_of_creators_names_the_charge CHECK (
        (kind = 'creator_unmatured') = (charge_id IS NOT NULL)
    )
);

CREATE INDEX reversal_leg_of_lot ON reversal_leg (lot_id);

-- A held reversal whose claim was decided against us: the coins are gone for good.
CREATE TABLE reversal_settled (
    reversal_id uuid PRIMARY KEY REFERENCES reversal,
    settled_at timestamptz NOT NULL
);

CREATE TABLE reinstatement (
    reinstatement_id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    purchase_id uuid NOT NULL,
    claim text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    coins bigint NOT NULL CHECK (coins BETWEEN 0 AND 9007199254740991),
    actor text NOT NULL CHECK (actor ~ '^(provider|operator):.{1,64}$'),
    booked_at timestamptz NOT NULL,
    FOREIGN KEY (purchase_id, claim) REFERENCES payment_claim
);

CREATE INDEX reinstatement_of_purchase ON reinstatement (purchase_id, claim);

-- What was given back of which leg.
CREATE TABLE reinstatement_leg (
    reinstatement_id uuid NOT NULL REFERENCES reinstatement,
    reversal_id uuid NOT NULL,
    position integer NOT NULL,
    coins bigint NOT NULL CHECK (coins > 0),
    -- The lot had expired meanwhile: its coins are where they would be had nothing been taken.
    is_expired boolean NOT NULL,
    PRIMARY KEY (reversal_id, position, reinstatement_id),
    FOREIGN KEY (reversal_id, position) REFERENCES reversal_leg
);

-- Of a reversal and of all that is booked on its purchase, checked when the transaction ends:
-- legs add up to the reversal, and no more is taken back than was paid (E07).
CREATE FUNCTION check_reversal() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    legs_coins bigint;
    booked_minor bigint;
BEGIN
    SELECT coalesce(sum(coins), 0) INTO legs_coins
    FROM reversal_leg WHERE reversal_id = NEW.reversal_id;
    IF legs_coins <> NEW.coins THEN
        RAISE EXCEPTION 'legs of reversal % are % coins, not %',
            NEW.reversal_id, legs_coins, NEW.coins USING ERRCODE = 'check_violation';
    END IF;
    SELECT
        (SELECT sum(amount_minor) FROM reversal WHERE purchase_id = NEW.purchase_id)
        - (
            SELECT coalesce(sum(amount_minor), 0)
            FROM reinstatement WHERE purchase_id = NEW.purchase_id
        )
    INTO booked_minor;
    IF booked_minor > (SELECT amount_minor FROM purchase WHERE purchase_id = NEW.purchase_id) THEN
        RAISE EXCEPTION 'more would be taken back than was paid for purchase %', NEW.purchase_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE CONSTRAINT TRIGGER reversal_is_covered_by_its_legs
AFTER INSERT ON reversal DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_reversal();

-- Legs come with their reversal or never: it is checked once, when it is booked.
CREATE FUNCTION check_reversal_legs() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM reversal
        WHERE
            reversal_id IN (SELECT DISTINCT reversal_id FROM added)
            AND xmin <> pg_current_xact_id()::xid
    ) THEN
        RAISE EXCEPTION 'a reversal gets no legs after it was booked'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER reversal_leg_comes_with_its_reversal
AFTER INSERT ON reversal_leg REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_reversal_legs();

-- What was taken is given back once: never more of a leg than it took, nor of a claim (E10).
CREATE FUNCTION check_reinstatement_legs() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT
        FROM reversal_leg AS l
        INNER JOIN reinstatement_leg AS r USING (reversal_id, position)
        WHERE l.reversal_id IN (SELECT DISTINCT reversal_id FROM added)
        GROUP BY l.reversal_id, l.position
        HAVING sum(r.coins) > min(l.coins)
    ) THEN
        RAISE EXCEPTION 'more would be given back of a leg than it took'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER reinstatement_leg_gives_back_once
AFTER INSERT ON reinstatement_leg REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_reinstatement_legs();

CREATE FUNCTION check_reinstatement() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    legs_coins bigint;
    booked_minor bigint;
BEGIN
    SELECT coalesce(sum(coins), 0) INTO legs_coins
    FROM reinstatement_leg WHERE reinstatement_id = NEW.reinstatement_id;
    SELECT
        (
            SELECT coalesce(sum(amount_minor), 0)
            FROM reversal WHERE purchase_id = NEW.purchase_id AND claim = NEW.claim
        )
        - (
            SELECT sum(amount_minor)
            FROM reinstatement WHERE purchase_id = NEW.purchase_id AND claim = NEW.claim
        )
    INTO booked_minor;
    IF legs_coins <> NEW.coins OR booked_minor < 0 THEN
        RAISE EXCEPTION 'reinstatement % does not fit what was taken', NEW.reinstatement_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE CONSTRAINT TRIGGER reinstatement_fits_what_was_taken
AFTER INSERT ON reinstatement DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_reinstatement();

CREATE INDEX reinstatement_leg_of_reinstatement ON reinstatement_leg (reinstatement_id);

CREATE TRIGGER reversal_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reversal_leg_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal_leg
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reversal_settled_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal_settled
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reinstatement_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON reinstatement
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reinstatement_leg_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON reinstatement_leg
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------- the ledger

ALTER TABLE movement DROP CONSTRAINT movement_sign;
-- A debt moves no coins; it is a movement so that whoever holds an older head of the account learns
-- that it has changed.
ALTER TABLE movement ADD CONSTRAINT movement_sign CHECK (
    CASE kind
        WHEN 'charge' THEN coins < 0
        WHEN 'expiry' THEN coins < 0
        WHEN 'purchase' THEN coins > 0
        WHEN 'bonus' THEN coins > 0
        WHEN 'reversal' THEN coins < 0
        WHEN 'repayment' THEN coins < 0
        WHEN 'reinstatement' THEN coins > 0
        WHEN 'debt' THEN coins = 0
        ELSE false
    END
);

ALTER TABLE system_account DROP CONSTRAINT system_account_name;
ALTER TABLE system_account ADD CONSTRAINT system_account_name CHECK (
    -- Issued against money, one per currency; issued at our own expense; taken for gifts, owed to
    -- whom gifts says; expired.
    name ~ '^mint:[A-Z]{3}$' OR name IN ('promotion', 'gift_clearing', 'breakage')
    -- Taken back and not gone yet; asked of creators; owed by viewers; borne by the reserve; lost.
    OR name IN ('reversal_clearing', 'creator_claim', 'receivable', 'reserve', 'platform_loss')
);

-- The journal's second part: coins that pass from one system account to another.
CREATE TABLE transfer (
    transfer_id uuid PRIMARY KEY,
    -- The reversal or reinstatement that it belongs to.
    cause_id uuid NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL,
    shard smallint NOT NULL,
    coins bigint NOT NULL CHECK (coins > 0),
    posted_at timestamptz NOT NULL,
    CONSTRAINT transfer_moves_something CHECK (debit <> credit)
);

CREATE TRIGGER transfer_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What viewers owe, entry by entry (E09).
CREATE TABLE debt_entry (
    -- That of its movement, but for coins that had expired when they were given back.
    entry_id uuid PRIMARY KEY,
    account_id bigint NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    -- Owed after a reversal; forgiven by its reinstatement; repaid out of a lot; given back into that
    -- lot where what was repaid is owed no longer; owed again where the lot itself was taken back.
    kind text NOT NULL CHECK (kind IN ('owed', 'forgiven', 'repaid', 'returned', 'undone')),
    coins bigint NOT NULL CHECK (coins > 0),
    -- The account's debt after it.
    debt_coins bigint NOT NULL CHECK (debt_coins >= 0),
    lot_id bigint NOT NULL,
    -- Given back after the lot had expired.
    is_expired boolean NOT NULL CHECK (NOT is_expired OR kind = 'returned'),
    posted_at timestamptz NOT NULL
);

CREATE INDEX debt_entry_of_account ON debt_entry (account_id, seq);
CREATE TRIGGER debt_entry_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON debt_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
