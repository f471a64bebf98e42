-- Gifts that their creators froze because something is wrong with them (I11, E34), until an operator
-- lets them go or has them given back.

CREATE TABLE gift_quarantine (
    -- Made by the creator's client and kept when it retries.
    quarantine_id uuid PRIMARY KEY,
    -- Once: what an operator has let go stays so.
    gift_id uuid NOT NULL UNIQUE,
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    note text CHECK (length(note) BETWEEN 1 AND 500),
    -- What all of the gift had earned when it was frozen, and what that is worth at its rates.
    micro_diamonds bigint NOT NULL CHECK (micro_diamonds >= 0),
    worth_minor bigint NOT NULL CHECK (worth_minor >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    frozen_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'FROZEN' CHECK (status IN ('FROZEN', 'RELEASED', 'RETURNED')),
    decided_at timestamptz,
    -- The operator; null of a returned one: its sender undid the gift.
    decided_by text CHECK (length(decided_by) BETWEEN 1 AND 64),
    -- Until then its diamonds are held.
    ended_at timestamptz,
    CONSTRAINT gift_quarantine_decided_once CHECK (
        (status = 'FROZEN') = (decided_at IS NULL)
        AND (status <> 'FROZEN' OR decided_by IS NULL)
        AND (status <> 'RELEASED' OR decided_by IS NOT NULL)
    ),
    CONSTRAINT gift_quarantine_ends_decided CHECK (
        CASE status
            WHEN 'FROZEN' THEN ended_at IS NULL
            WHEN 'RELEASED' THEN ended_at IS NOT NULL
            ELSE true
        END
    )
);

CREATE INDEX gift_quarantine_frozen ON gift_quarantine (frozen_at, quarantine_id)
WHERE ended_at IS NULL;

-- FROZEN ends in RELEASED or RETURNED. What was to be returned and of which nobody has taken anything
-- may still be let go.
CREATE FUNCTION check_quarantine() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF
        OLD.ended_at IS NOT NULL
        OR (OLD.status = 'RETURNED' AND NEW.status = 'FROZEN')
        OR (
            OLD.quarantine_id, OLD.gift_id, OLD.creator_id, OLD.note, OLD.micro_diamonds,
            OLD.worth_minor, OLD.currency, OLD.frozen_at
        ) IS DISTINCT FROM (
            NEW.quarantine_id, NEW.gift_id, NEW.creator_id, NEW.note, NEW.micro_diamonds,
            NEW.worth_minor, NEW.currency, NEW.frozen_at
        )
    THEN
        RAISE EXCEPTION 'quarantine % has ended, or does not go that way', OLD.quarantine_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- Much is not taken of a creator by one operator's word.
    IF
        OLD.status = 'FROZEN'
        AND NEW.status = 'RETURNED'
        AND NEW.decided_by IS NOT NULL
        AND needs_second_operator(NEW.worth_minor, NEW.currency, NEW.decided_at)
        AND NOT EXISTS (
            SELECT FROM operator_proposal
            WHERE
                action = 'returnQuarantinedGift'
                AND subject = NEW.quarantine_id::text
                AND approved_by = NEW.decided_by
        )
    THEN
        RAISE EXCEPTION 'quarantine % is not returned by one operator alone', OLD.quarantine_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER gift_quarantine_moves_as_allowed
BEFORE UPDATE ON gift_quarantine
FOR EACH ROW EXECUTE FUNCTION check_quarantine();

CREATE TRIGGER gift_quarantine_is_never_deleted
BEFORE DELETE OR TRUNCATE ON gift_quarantine
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Diamonds of frozen gifts. Beside what payouts and clawbacks have taken, so that the database refuses
-- to let two of them have the same diamond.
ALTER TABLE earning_bucket
ADD COLUMN held_micro_diamonds bigint NOT NULL DEFAULT 0,
DROP CONSTRAINT earning_bucket_taken_once,
ADD CONSTRAINT earning_bucket_taken_once CHECK (
    taken_micro_diamonds >= 0
    AND clawed_micro_diamonds >= 0
    AND held_micro_diamonds >= 0
    AND taken_micro_diamonds + clawed_micro_diamonds + held_micro_diamonds <= micro_diamonds
);

CREATE OR REPLACE VIEW earning_free AS
SELECT
    creator_id,
    matures_on,
    rate_version,
    taken_micro_diamonds,
    micro_diamonds - taken_micro_diamonds - clawed_micro_diamonds - held_micro_diamonds
        AS free_micro_diamonds,
    held_micro_diamonds
FROM earning_bucket;

-- What an operator has given back is taken like what its sender undoes, mature or not.
ALTER TABLE clawback
DROP CONSTRAINT clawback_reason_check,
DROP CONSTRAINT clawback_takes_what_is_not_mature,
ADD CONSTRAINT clawback_reason_check CHECK (
    reason IN ('refund', 'void', 'chargeback', 'minor_refund', 'undo', 'quarantine')
),
ADD CONSTRAINT clawback_takes_what_is_not_mature CHECK (
    cause_id <> reversal_id
    OR covered_coins = 0
    OR reason IN ('undo', 'quarantine')
    OR matures_on > (settled_at AT TIME ZONE 'UTC')::date
);
