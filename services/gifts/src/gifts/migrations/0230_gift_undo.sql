-- Gifts that their senders undo (I11). The wallet gives the charge back, and its word takes the gift
-- back as any reversal does.

ALTER TABLE gift_reversal
DROP CONSTRAINT gift_reversal_reason_check,
ADD CONSTRAINT gift_reversal_reason_check CHECK (
    reason IN ('refund', 'void', 'chargeback', 'minor_refund', 'undo')
);

CREATE TABLE gift_undo (
    -- Asked for once; written with the request to the wallet.
    gift_id uuid PRIMARY KEY,
    asked_at timestamptz NOT NULL
);

CREATE TRIGGER gift_undo_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_undo
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- No gift is undone by anybody but its sender: what the wallet undoes was asked for here.
CREATE FUNCTION check_undone_gifts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added AS a
        WHERE
            a.reason = 'undo'
            AND NOT EXISTS (SELECT FROM gift_undo AS u WHERE u.gift_id = a.gift_id)
    ) THEN
        RAISE EXCEPTION 'a gift would be undone that nobody asked for'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER gift_reversal_undoes_what_was_asked_for
AFTER INSERT ON gift_reversal REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_undone_gifts();
