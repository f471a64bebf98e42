-- What one operator may not do alone: proposed by the first, done when a second asks for the same.
CREATE TABLE operator_proposal (
    action text NOT NULL CHECK (action ~ '^[a-zA-Z][a-zA-Z0-9_]*$'),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    -- What is to be done, in every word: the second operator approves this and nothing else.
    terms text NOT NULL CHECK (terms IS JSON OBJECT),
    proposed_by text NOT NULL CHECK (length(proposed_by) BETWEEN 1 AND 64),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    proposed_at timestamptz NOT NULL,
    approved_by text CHECK (length(approved_by) BETWEEN 1 AND 64),
    approved_at timestamptz,
    PRIMARY KEY (action, subject),
    CONSTRAINT operator_proposal_needs_two CHECK (approved_by <> proposed_by),
    CONSTRAINT operator_proposal_approved_whole CHECK (
        (approved_by IS NULL) = (approved_at IS NULL)
    )
);

CREATE INDEX operator_proposal_open ON operator_proposal (proposed_at) WHERE approved_at IS NULL;

CREATE FUNCTION check_operator_proposal() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF
        OLD.approved_at IS NOT NULL
        OR (OLD.action, OLD.subject, OLD.terms, OLD.proposed_by, OLD.reason, OLD.proposed_at)
        IS DISTINCT FROM
        (NEW.action, NEW.subject, NEW.terms, NEW.proposed_by, NEW.reason, NEW.proposed_at)
    THEN
        RAISE EXCEPTION 'proposal to % % is fixed', OLD.action, OLD.subject
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER operator_proposal_is_fixed
BEFORE UPDATE ON operator_proposal FOR EACH ROW EXECUTE FUNCTION check_operator_proposal();
CREATE TRIGGER operator_proposal_is_never_deleted
BEFORE DELETE ON operator_proposal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER operator_proposal_is_not_truncated
BEFORE TRUNCATE ON operator_proposal EXECUTE FUNCTION refuse_change();
