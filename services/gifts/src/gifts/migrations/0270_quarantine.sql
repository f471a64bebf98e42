-- Gifts that are given back to their senders because operators say so, whose creators froze them (I11).

ALTER TABLE gift_reversal
DROP CONSTRAINT gift_reversal_reason_check,
ADD CONSTRAINT gift_reversal_reason_check CHECK (
    reason IN ('refund', 'void', 'chargeback', 'minor_refund', 'undo', 'quarantine')
);

-- Whoever asks first: the sender, or an operator by way of payouts.
ALTER TABLE gift_undo
ADD COLUMN reason text NOT NULL DEFAULT 'undo' CHECK (reason IN ('undo', 'quarantine'));

-- What the wallet undoes was asked for here, for that reason.
CREATE OR REPLACE FUNCTION check_undone_gifts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added AS a
        WHERE
            a.reason IN ('undo', 'quarantine')
            AND NOT EXISTS (
                SELECT FROM gift_undo AS u WHERE u.gift_id = a.gift_id AND u.reason = a.reason
            )
    ) THEN
        RAISE EXCEPTION 'a gift would be undone that nobody asked for'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;
