-- What operators did and why: written by the transaction that does it, and never changed.
CREATE TABLE operator_action (
    action_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_id text NOT NULL CHECK (length(operator_id) BETWEEN 1 AND 64),
    action text NOT NULL CHECK (action ~ '^[a-zA-Z][a-zA-Z0-9_]*$'),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    details text NOT NULL CHECK (details IS JSON OBJECT),
    acted_at timestamptz NOT NULL
);

CREATE TRIGGER operator_action_is_append_only
BEFORE UPDATE OR DELETE ON operator_action FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER operator_action_is_not_truncated
BEFORE TRUNCATE ON operator_action EXECUTE FUNCTION refuse_change();
