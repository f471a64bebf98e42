-- Agencies: what creators and they agree on, what of a payout is whose, and what agencies are owed.

-- A version of what a creator and an agency have agreed on. Another share is another contract, which
-- takes the place of the one before from its own beginning on.
CREATE TABLE agency_contract (
    contract_id uuid PRIMARY KEY,
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    agency_id text NOT NULL CHECK (length(agency_id) BETWEEN 1 AND 64),
    share_bps integer NOT NULL CHECK (share_bps BETWEEN 1 AND 9000),
    effective_from timestamptz NOT NULL,
    -- From then on it does not hold; null: until it is ended.
    ends_at timestamptz,
    proposed_at timestamptz NOT NULL,
    -- When the creator agreed.
    accepted_at timestamptz,
    status text NOT NULL DEFAULT 'PROPOSED' CHECK (
        status IN ('PROPOSED', 'ACCEPTED', 'DECLINED', 'ENDED')
    ),
    moved_at timestamptz NOT NULL,
    moved_by text NOT NULL CHECK (length(moved_by) BETWEEN 1 AND 64),
    reason text CHECK (length(reason) BETWEEN 1 AND 500),
    CONSTRAINT agency_contract_is_of_two CHECK (agency_id <> creator_id),
    CONSTRAINT agency_contract_ends_after_it_begins CHECK (ends_at > effective_from),
    CONSTRAINT agency_contract_accepted_has_moment CHECK (
        (status <> 'ACCEPTED' OR accepted_at IS NOT NULL)
        AND (status NOT IN ('PROPOSED', 'DECLINED') OR accepted_at IS NULL)
    ),
    CONSTRAINT agency_contract_ended_has_reason CHECK (status <> 'ENDED' OR reason IS NOT NULL)
);

CREATE INDEX agency_contract_creator ON agency_contract (creator_id, proposed_at, contract_id);
CREATE INDEX agency_contract_agency ON agency_contract (agency_id, proposed_at, contract_id);

-- The one table of allowed moves. What is not in it cannot happen, whoever writes.
CREATE TABLE agency_contract_move (
    from_status text NOT NULL,
    to_status text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO agency_contract_move (from_status, to_status)
VALUES
('PROPOSED', 'ACCEPTED'),
('PROPOSED', 'DECLINED'),
('PROPOSED', 'ENDED'), -- withdrawn
('ACCEPTED', 'ENDED');

CREATE FUNCTION check_agency_contract_move() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM agency_contract_move WHERE from_status = OLD.status AND to_status = NEW.status
    ) THEN
        RAISE EXCEPTION 'agency contract % cannot go from % to %',
            OLD.contract_id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    IF (
        OLD.contract_id, OLD.creator_id, OLD.agency_id, OLD.share_bps, OLD.effective_from,
        OLD.ends_at, OLD.proposed_at, coalesce(OLD.accepted_at, NEW.accepted_at)
    ) IS DISTINCT FROM (
        NEW.contract_id, NEW.creator_id, NEW.agency_id, NEW.share_bps, NEW.effective_from,
        NEW.ends_at, NEW.proposed_at, NEW.accepted_at
    ) THEN
        RAISE EXCEPTION 'agency contract % is fixed', OLD.contract_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER agency_contract_moves_as_allowed
BEFORE UPDATE ON agency_contract FOR EACH ROW EXECUTE FUNCTION check_agency_contract_move();
CREATE TRIGGER agency_contract_is_never_deleted
BEFORE DELETE OR TRUNCATE ON agency_contract FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A payout is of a creator's diamonds, or of an agency's commissions, which are money already.
ALTER TABLE payout
ADD COLUMN source text NOT NULL DEFAULT 'EARNINGS' CHECK (source IN ('EARNINGS', 'COMMISSIONS')),
-- What agencies get of it.
ADD COLUMN commission_minor bigint NOT NULL DEFAULT 0 CHECK (commission_minor >= 0),
DROP CONSTRAINT payout_micro_diamonds_check,
ADD CONSTRAINT payout_of_earnings_takes_diamonds CHECK (
    CASE source
        WHEN 'EARNINGS' THEN micro_diamonds > 0
        ELSE micro_diamonds = 0 AND requested_micro_diamonds = 0 AND commission_minor = 0
    END
),
DROP CONSTRAINT payout_fees_and_net_are_all,
ADD CONSTRAINT payout_fees_and_net_are_all CHECK (
    gross_minor + correction_minor
    = fixed_fee_minor + proportional_fee_minor + withheld_minor + commission_minor + net_minor
    AND gross_minor <= 9007199254740991
    AND net_minor <= 9007199254740991
);

-- How a payout is split; fixed with it, whatever becomes of the contract.
CREATE TABLE payout_commission (
    payout_id uuid NOT NULL REFERENCES payout,
    agency_id text NOT NULL CHECK (length(agency_id) BETWEEN 1 AND 64),
    contract_id uuid NOT NULL REFERENCES agency_contract,
    share_bps integer NOT NULL CHECK (share_bps BETWEEN 1 AND 9000),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    -- How long after the payout was paid the agency waits for it.
    hold_days integer NOT NULL CHECK (hold_days >= 0),
    PRIMARY KEY (payout_id, agency_id)
);

CREATE TRIGGER payout_commission_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_commission
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION check_payout_parts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.micro_diamonds IS DISTINCT FROM (
        SELECT coalesce(sum(micro_diamonds), 0) FROM payout_part WHERE payout_id = NEW.payout_id
    ) THEN
        RAISE EXCEPTION 'the parts of payout % are not all of it', NEW.payout_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_parts_add_up';
    END IF;
    IF NEW.commission_minor IS DISTINCT FROM (
        SELECT coalesce(sum(amount_minor), 0) FROM payout_commission WHERE payout_id = NEW.payout_id
    ) THEN
        RAISE EXCEPTION 'the commissions of payout % are not all of them', NEW.payout_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_parts_add_up';
    END IF;
    RETURN NULL;
END;
$$;

CREATE FUNCTION check_payout_split_fixed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.source, OLD.commission_minor) IS DISTINCT FROM (NEW.source, NEW.commission_minor) THEN
        RAISE EXCEPTION 'the split of payout % is fixed', OLD.payout_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER payout_split_is_fixed
BEFORE UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION check_payout_split_fixed();

-- The journal of what agencies are owed, by currency.
--   EARNED     of a creator's payout that was paid
--   RETURNED   that payout came back: what the agency has been paid of it already, it owes
--   SETTLED    a payout of the agency's own carries it
--   UNSETTLED  that payout did not arrive, or came back
CREATE TABLE commission_entry (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency_id text NOT NULL CHECK (length(agency_id) BETWEEN 1 AND 64),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- The creator's, or the agency's own.
    payout_id uuid NOT NULL REFERENCES payout,
    kind text NOT NULL CHECK (kind IN ('EARNED', 'RETURNED', 'SETTLED', 'UNSETTLED')),
    -- Of whose payout it is earned.
    creator_id text CHECK (length(creator_id) BETWEEN 1 AND 64),
    -- What the agency is owed more.
    amount_minor bigint NOT NULL,
    -- From when on it can be paid out. Of what came back, when it could have been: a commission that
    -- was not due yet takes nothing of those that are.
    due_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    recorded_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT commission_entry_once UNIQUE (payout_id, agency_id, kind),
    CONSTRAINT commission_entry_of_a_creator CHECK (
        (creator_id IS NOT NULL) = (kind IN ('EARNED', 'RETURNED'))
    ),
    CONSTRAINT commission_entry_amounts CHECK (
        CASE WHEN kind IN ('EARNED', 'UNSETTLED') THEN amount_minor > 0 ELSE amount_minor < 0 END
    )
);

CREATE INDEX commission_entry_agency ON commission_entry (agency_id, currency);

CREATE TRIGGER commission_entry_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON commission_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- No payout carries what its agency is not owed yet, whoever writes.
CREATE FUNCTION check_commission_entry() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'SETTLED' AND (
        SELECT sum(amount_minor) FROM commission_entry
        WHERE agency_id = NEW.agency_id AND currency = NEW.currency AND due_at <= NEW.due_at
    ) < 0 THEN
        RAISE EXCEPTION 'payout % is of more than agency % is owed', NEW.payout_id, NEW.agency_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commission_entry_is_owed';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER commission_entry_is_owed
AFTER INSERT ON commission_entry FOR EACH ROW EXECUTE FUNCTION check_commission_entry();

-- Written by the payout's own move, so that none goes without.
CREATE FUNCTION write_commissions() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.source = 'COMMISSIONS' THEN
        INSERT INTO commission_entry
            (agency_id, currency, payout_id, kind, amount_minor, due_at, at)
        SELECT
            NEW.creator_id, NEW.currency, NEW.payout_id, m.kind, m.sign * NEW.gross_minor,
            NEW.moved_at, NEW.moved_at
        FROM (
            VALUES
            ('REQUESTED', 'SETTLED', -1),
            ('CANCELED', 'UNSETTLED', 1),
            ('FAILED', 'UNSETTLED', 1),
            ('RETURNED', 'UNSETTLED', 1)
        ) AS m (status, kind, sign)
        WHERE m.status = NEW.status;
    ELSIF NEW.status = 'PAID' THEN
        INSERT INTO commission_entry
            (agency_id, currency, payout_id, kind, creator_id, amount_minor, due_at, at)
        SELECT
            agency_id, NEW.currency, NEW.payout_id, 'EARNED', NEW.creator_id, amount_minor,
            NEW.moved_at + make_interval(days => hold_days), NEW.moved_at
        FROM payout_commission
        WHERE payout_id = NEW.payout_id AND amount_minor > 0;
    ELSIF NEW.status = 'RETURNED' THEN
        INSERT INTO commission_entry
            (agency_id, currency, payout_id, kind, creator_id, amount_minor, due_at, at)
        SELECT
            agency_id, currency, payout_id, 'RETURNED', creator_id, -amount_minor, due_at,
            NEW.moved_at
        FROM commission_entry
        WHERE payout_id = NEW.payout_id AND kind = 'EARNED';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER payout_writes_commissions
AFTER INSERT OR UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION write_commissions();

-- Commissions are lines of their agencies' statements: they move no diamonds.
ALTER TABLE statement_mark
DROP CONSTRAINT statement_mark_form_check,
ADD CONSTRAINT statement_mark_form_check CHECK (form BETWEEN 1 AND 3);

CREATE OR REPLACE VIEW statement_entry AS
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
WHERE h.status IN ('REQUESTED', 'CANCELED', 'FAILED', 'RETURNED')
UNION ALL
SELECT
    c.creator_id,
    c.recorded_by,
    c.settled_at AS at,
    c.cause_id AS entry_id,
    c.position + 1 AS step,
    'REVERSED' AS kind,
    CASE WHEN c.cause_id = c.reversal_id THEN -c.micro_diamonds ELSE c.micro_diamonds END
        AS micro_diamonds,
    c.gift_id,
    NULL AS payout_status,
    c.reason,
    coalesce(a.accrued_at, c.settled_at) AS belongs_to
FROM clawback AS c
LEFT JOIN accrual AS a USING (gift_id)
-- What the creator did not bear is no line of theirs.
WHERE c.micro_diamonds > 0
UNION ALL
SELECT
    e.agency_id AS creator_id,
    e.recorded_by,
    e.at,
    e.payout_id AS entry_id,
    CASE e.kind WHEN 'EARNED' THEN 1 ELSE 2 END AS step,
    CASE e.kind WHEN 'EARNED' THEN 'COMMISSION' ELSE 'COMMISSION_RETURNED' END AS kind,
    0::bigint AS micro_diamonds,
    NULL AS gift_id,
    NULL AS payout_status,
    NULL AS reason,
    coalesce(o.at, e.at) AS belongs_to
FROM commission_entry AS e
LEFT JOIN commission_entry AS o
    ON e.kind = 'RETURNED' AND o.kind = 'EARNED'
    AND e.payout_id = o.payout_id AND e.agency_id = o.agency_id
WHERE e.kind IN ('EARNED', 'RETURNED');
