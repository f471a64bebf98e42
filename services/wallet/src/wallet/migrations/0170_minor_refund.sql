-- Refunds of what a minor spent on gifts in a range of time (E30): one order of an operator, one
-- reversal per purchase whose coins paid those gifts.

-- A refund of single gifts names them whoever bears it, so that it is known of each gift how much of
-- it was taken back.
ALTER TABLE reversal_leg
DROP CONSTRAINT reversal_leg_of_creators_names_the_charge,
ADD CONSTRAINT reversal_leg_of_creators_names_the_charge CHECK (
    CASE kind
        WHEN 'creator_unmatured' THEN charge_id IS NOT NULL
        WHEN 'reserve' THEN true
        WHEN 'platform_loss' THEN true
        ELSE charge_id IS NULL
    END
);

CREATE TABLE minor_refund (
    -- Made by the operator's client.
    refund_id uuid PRIMARY KEY,
    user_id text NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
    -- Gifts charged from the first moment on and before the second.
    range_from timestamptz NOT NULL,
    range_to timestamptz NOT NULL,
    share_bps integer NOT NULL CHECK (share_bps BETWEEN 1 AND 10000),
    -- What its parts come to.
    coins bigint NOT NULL CHECK (coins BETWEEN 1 AND 9007199254740991),
    -- Of the preview that was looked at, and of what was booked.
    digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    operator_id text NOT NULL CHECK (length(operator_id) BETWEEN 1 AND 64),
    note text NOT NULL CHECK (length(note) BETWEEN 1 AND 500),
    booked_at timestamptz NOT NULL,
    CONSTRAINT minor_refund_range_is_one CHECK (range_from < range_to)
);

CREATE TABLE minor_refund_part (
    refund_id uuid NOT NULL REFERENCES minor_refund,
    position integer NOT NULL CHECK (position >= 0),
    reversal_id uuid NOT NULL REFERENCES reversal,
    PRIMARY KEY (refund_id, position),
    CONSTRAINT minor_refund_part_of_one_refund UNIQUE (reversal_id)
);

-- When the transaction ends: the parts come to the refund, each is a minor refund of that user, and
-- every leg is of a gift charged in the range.
CREATE FUNCTION check_minor_refund() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    parts_coins bigint;
BEGIN
    SELECT coalesce(sum(r.coins), 0) INTO parts_coins
    FROM minor_refund_part AS p INNER JOIN reversal AS r USING (reversal_id)
    WHERE p.refund_id = NEW.refund_id;
    IF parts_coins <> NEW.coins THEN
        RAISE EXCEPTION 'parts of minor refund % are % coins, not %',
            NEW.refund_id, parts_coins, NEW.coins USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT
        FROM minor_refund_part AS p
        INNER JOIN reversal AS r ON p.reversal_id = r.reversal_id
        INNER JOIN payment_claim AS c ON r.purchase_id = c.purchase_id AND r.claim = c.claim
        INNER JOIN purchase AS b ON r.purchase_id = b.purchase_id
        WHERE
            p.refund_id = NEW.refund_id
            AND (c.kind <> 'minor_refund' OR b.user_id <> NEW.user_id)
    ) OR EXISTS (
        SELECT
        FROM minor_refund_part AS p
        INNER JOIN reversal_leg AS l ON p.reversal_id = l.reversal_id
        LEFT JOIN movement AS m ON l.charge_id = m.movement_id
        WHERE
            p.refund_id = NEW.refund_id
            AND (m.posted_at >= NEW.range_from AND m.posted_at < NEW.range_to) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'minor refund % takes back what it is not about', NEW.refund_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE CONSTRAINT TRIGGER minor_refund_is_its_parts
AFTER INSERT ON minor_refund DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_minor_refund();

-- Parts come with their refund or never: it is checked once, when it is booked.
CREATE FUNCTION check_minor_refund_parts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM minor_refund
        WHERE
            refund_id IN (SELECT DISTINCT refund_id FROM added)
            AND xmin <> pg_current_xact_id()::xid
    ) THEN
        RAISE EXCEPTION 'a minor refund gets no parts after it was booked'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER minor_refund_part_comes_with_its_refund
AFTER INSERT ON minor_refund_part REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_minor_refund_parts();

CREATE TRIGGER minor_refund_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON minor_refund
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER minor_refund_part_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON minor_refund_part
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
