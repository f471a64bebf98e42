-- Who wants a break mended, and who agreed, is an operators' proposal like any other.

-- As it would have been written: in exactly these words a second operator asks for the same.
INSERT INTO operator_proposal (
    action, subject, terms, proposed_by, reason, proposed_at, approved_by, approved_at
)
SELECT
    'proposePayoutRepair',
    break_id::text,
    format('{"kind":"%s","payout_id":"%s","repair":"%s"}', kind, payout_id, repair),
    proposed_by,
    proposal_reason,
    proposed_at,
    approved_by,
    CASE WHEN approved_by IS NOT NULL THEN ended_at END
FROM payout_break
WHERE proposed_by IS NOT NULL;

-- With them go the constraints that name them.
ALTER TABLE payout_break
DROP COLUMN proposed_by,
DROP COLUMN proposed_at,
DROP COLUMN proposal_reason,
DROP COLUMN approved_by,
ADD CONSTRAINT payout_break_has_repair CHECK (
    status NOT IN ('PROPOSED', 'REPAIRED') OR repair IS NOT NULL
);

CREATE VIEW payout_break_and_proposal AS
SELECT
    b.*,
    p.proposed_by,
    p.reason AS proposal_reason
FROM payout_break AS b
LEFT JOIN operator_proposal AS p
    ON p.action = 'proposePayoutRepair' AND p.subject = b.break_id::text;

CREATE OR REPLACE FUNCTION check_payout_break() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('REPAIRED', 'GONE') OR NEW.status = 'OPEN' THEN
        RAISE EXCEPTION 'break % cannot go from % to %', OLD.break_id, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (
        OLD.break_id, OLD.rail, OLD.kind, OLD.transfer_key, OLD.payout_id, OLD.their_status,
        OLD.their_amount_minor, OLD.their_currency, OLD.repair, OLD.found_at
    ) IS DISTINCT FROM (
        NEW.break_id, NEW.rail, NEW.kind, NEW.transfer_key, NEW.payout_id, NEW.their_status,
        NEW.their_amount_minor, NEW.their_currency, NEW.repair, NEW.found_at
    ) THEN
        RAISE EXCEPTION 'what was found as break % is fixed', OLD.break_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status IN ('PROPOSED', 'REPAIRED') AND NOT EXISTS (
        SELECT FROM operator_proposal
        WHERE
            action = 'proposePayoutRepair'
            AND subject = NEW.break_id::text
            AND (approved_by IS NOT NULL OR NEW.status = 'PROPOSED')
    ) THEN
        RAISE EXCEPTION 'break % is not mended by one operator alone', OLD.break_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;
