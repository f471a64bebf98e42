-- Charges that are given back to who was charged (I11): booked as a reversal of no payment, whose legs
-- creators are asked for like those of any other.

ALTER TABLE reversal
ALTER COLUMN purchase_id DROP NOT NULL,
ALTER COLUMN claim DROP NOT NULL,
DROP CONSTRAINT reversal_amount_minor_check,
DROP CONSTRAINT reversal_actor_check,
ADD CONSTRAINT reversal_actor_check CHECK (actor ~ '^(provider|operator|sender):.{1,64}$'),
-- Of a payment, or of a charge: then no money goes anywhere, and nothing waits for a decision.
ADD CONSTRAINT reversal_is_of_a_payment_or_a_charge CHECK (
    CASE
        WHEN purchase_id IS NULL
            THEN claim IS NULL AND amount_minor = 0 AND coins > 0 AND NOT is_held
        ELSE claim IS NOT NULL AND amount_minor > 0
    END
);

ALTER TABLE reinstatement
DROP CONSTRAINT reinstatement_actor_check,
ADD CONSTRAINT reinstatement_actor_check CHECK (actor ~ '^(provider|operator|sender):.{1,64}$');

-- Of a charge that is undone: the lot had expired, so that its coins stay where expired coins are.
ALTER TABLE reversal_leg
ADD COLUMN is_expired boolean NOT NULL DEFAULT false,
ADD CONSTRAINT reversal_leg_expired_of_charges CHECK (
    NOT is_expired OR kind = 'creator_unmatured'
);

CREATE TABLE charge_undo (
    -- Undone once.
    charge_id uuid PRIMARY KEY,
    reversal_id uuid NOT NULL UNIQUE REFERENCES reversal,
    account_id bigint NOT NULL,
    -- The account's version after it: later charges do not count what was undone as spent.
    version bigint NOT NULL CHECK (version > 0),
    coins bigint NOT NULL CHECK (coins > 0),
    reason text NOT NULL CHECK (reason IN ('undo')),
    asked_at timestamptz NOT NULL,
    undone_at timestamptz NOT NULL
);

CREATE INDEX charge_undo_of_account ON charge_undo (account_id);

CREATE TRIGGER charge_undo_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON charge_undo
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A reversal of no payment is of one charge that was posted to that account, lot by lot no more than
-- the lot had paid and nobody has taken back otherwise; and there is none without its charge.
CREATE FUNCTION check_charge_undos() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    wrong uuid;
BEGIN
    SELECT a.charge_id INTO wrong
    FROM added AS a
    LEFT JOIN movement AS m
        ON a.charge_id = m.movement_id AND a.account_id = m.account_id AND m.kind = 'charge'
    LEFT JOIN reversal AS r ON a.reversal_id = r.reversal_id AND r.purchase_id IS NULL
    WHERE
        m.outcome IS DISTINCT FROM 'posted'
        OR r.coins IS DISTINCT FROM a.coins
        OR EXISTS (
            SELECT FROM reversal_leg AS l
            WHERE
                l.reversal_id = a.reversal_id
                AND (l.kind <> 'creator_unmatured' OR l.charge_id <> a.charge_id)
        )
        OR EXISTS (
            SELECT
            FROM movement_slice AS s
            CROSS JOIN LATERAL (
                SELECT
                    coalesce(
                        sum(
                            l.coins - coalesce(
                                (
                                    SELECT sum(b.coins) FROM reinstatement_leg AS b
                                    WHERE b.reversal_id = l.reversal_id AND b.position = l.position
                                ), 0
                            )
                        ), 0
                    ) AS coins
                FROM reversal_leg AS l
                WHERE l.lot_id = s.lot_id AND l.charge_id = a.charge_id
            ) AS taken
            WHERE s.movement_id = a.charge_id AND taken.coins > -s.coins
        )
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'more of charge % would be undone than was charged', wrong
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER charge_undo_fits_its_charge
AFTER INSERT ON charge_undo REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_charge_undos();

CREATE FUNCTION check_reversal_of_charge() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM charge_undo WHERE reversal_id = NEW.reversal_id) THEN
        RAISE EXCEPTION 'reversal % is of no payment and of no charge', NEW.reversal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE CONSTRAINT TRIGGER reversal_of_no_payment_is_of_a_charge
AFTER INSERT ON reversal DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (new.purchase_id IS NULL) EXECUTE FUNCTION check_reversal_of_charge();
