-- Where a rail's own books and ours differ, and what was done about it.

CREATE TABLE payout_break (
    break_id uuid PRIMARY KEY,
    rail text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('MISSING', 'DUPLICATE', 'AMOUNT', 'STATUS', 'UNKNOWN')),
    transfer_key text NOT NULL,
    -- Null where the key is none of ours.
    payout_id uuid REFERENCES payout,
    -- What the rail's books say of it, when they do.
    their_status text CHECK (their_status IN ('pending', 'paid', 'failed', 'returned')),
    their_amount_minor bigint,
    their_currency text,
    -- What would mend it. Null: nothing that a program may do.
    repair text CHECK (repair IN ('TAKE_STATUS', 'ORDER_AGAIN')),
    found_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'PROPOSED', 'REPAIRED', 'GONE')),
    proposed_by text,
    proposed_at timestamptz,
    proposal_reason text CHECK (length(proposal_reason) BETWEEN 1 AND 500),
    approved_by text,
    ended_at timestamptz,
    CONSTRAINT payout_break_repair_is_proposed CHECK (
        status NOT IN ('PROPOSED', 'REPAIRED')
        OR (
            repair IS NOT NULL
            AND proposed_by IS NOT NULL
            AND proposed_at IS NOT NULL
            AND proposal_reason IS NOT NULL
        )
    ),
    CONSTRAINT payout_break_takes_two CHECK (
        (status = 'REPAIRED') = (approved_by IS NOT NULL)
        AND (approved_by IS NULL OR approved_by <> proposed_by)
    ),
    CONSTRAINT payout_break_ended_has_time CHECK (
        (status IN ('REPAIRED', 'GONE')) = (ended_at IS NOT NULL)
    )
);

-- Found again, a break is the one that is known.
CREATE UNIQUE INDEX payout_break_once ON payout_break (rail, kind, transfer_key)
WHERE status IN ('OPEN', 'PROPOSED');
CREATE INDEX payout_break_found ON payout_break (found_at, break_id);

CREATE FUNCTION check_payout_break() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('REPAIRED', 'GONE') OR NEW.status = 'OPEN' THEN
        RAISE EXCEPTION 'break % cannot go from % to %', OLD.break_id, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (
        OLD.break_id, OLD.rail, OLD.kind, OLD.transfer_key, OLD.payout_id, OLD.their_status,
        OLD.their_amount_minor, OLD.their_currency, OLD.repair, OLD.found_at,
        coalesce(OLD.proposed_by, NEW.proposed_by),
        coalesce(OLD.proposal_reason, NEW.proposal_reason)
    ) IS DISTINCT FROM (
        NEW.break_id, NEW.rail, NEW.kind, NEW.transfer_key, NEW.payout_id, NEW.their_status,
        NEW.their_amount_minor, NEW.their_currency, NEW.repair, NEW.found_at,
        NEW.proposed_by, NEW.proposal_reason
    ) THEN
        RAISE EXCEPTION 'what was found as break % is fixed', OLD.break_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER payout_break_moves_as_allowed
BEFORE UPDATE ON payout_break FOR EACH ROW EXECUTE FUNCTION check_payout_break();
CREATE TRIGGER payout_break_is_never_deleted
BEFORE DELETE OR TRUNCATE ON payout_break FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
