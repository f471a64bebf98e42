-- A dispute that nobody decides is not forgotten.

ALTER TABLE payment_claim
-- From when on somebody should look why a dispute is not decided: by the policy in force when it was
-- told. Null of what was not open, and where the policy sets no time.
ADD COLUMN overdue_at timestamptz,
-- Until when the provider wants to hear our side, as far as it says.
ADD COLUMN respond_by timestamptz,
ADD CONSTRAINT payment_claim_only_disputes_are_overdue CHECK (
    kind = 'chargeback' OR (overdue_at IS NULL AND respond_by IS NULL)
);

-- Open ones were told before a policy set a time; the first that does gives thirty days.
UPDATE payment_claim SET overdue_at = told_at + INTERVAL '30 days' WHERE is_open;

CREATE INDEX payment_claim_open ON payment_claim (overdue_at) WHERE is_open;

CREATE OR REPLACE FUNCTION check_payment_claim() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF
        NEW.claimed_minor < OLD.claimed_minor
        OR NEW.returned_minor < OLD.returned_minor
        OR NEW.is_open > OLD.is_open
        OR (OLD.respond_by IS NOT NULL AND (NEW.respond_by >= OLD.respond_by) IS NOT TRUE)
        OR (OLD.purchase_id, OLD.claim, OLD.seq, OLD.kind, OLD.told_at, OLD.overdue_at)
        IS DISTINCT FROM (
            NEW.purchase_id, NEW.claim, NEW.seq, NEW.kind, NEW.told_at, NEW.overdue_at
        )
    THEN
        RAISE EXCEPTION 'claim % on purchase % only grows', OLD.claim, OLD.purchase_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;
