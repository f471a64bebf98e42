-- What creators were asked for, and who bears it in the end.

-- Of a leg that a creator was asked for, or of what was given back of it: what the creator bears,
-- and what of the rest the reserve and the platform do. Payouts says how much it is, once.
CREATE TABLE leg_settlement (
    reversal_id uuid NOT NULL,
    position integer NOT NULL,
    -- The reversal itself, or the reinstatement that gave back.
    cause_id uuid NOT NULL,
    covered_coins bigint NOT NULL CHECK (covered_coins >= 0),
    reserve_coins bigint NOT NULL CHECK (reserve_coins >= 0),
    loss_coins bigint NOT NULL CHECK (loss_coins >= 0),
    settled_at timestamptz NOT NULL,
    PRIMARY KEY (reversal_id, position, cause_id),
    FOREIGN KEY (reversal_id, position) REFERENCES reversal_leg
);

CREATE TRIGGER leg_settlement_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON leg_settlement
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A settlement is of all that was asked for or given back, and gives nobody back more than they bore.
-- Leg by leg: a reversal may have ten thousand, and they are settled in many batches.
CREATE FUNCTION check_leg_settlements() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT
        FROM added AS a
        INNER JOIN reversal_leg AS l USING (reversal_id, position)
        LEFT JOIN reinstatement_leg AS b
            ON
                a.reversal_id = b.reversal_id
                AND a.position = b.position
                AND a.cause_id = b.reinstatement_id
        WHERE
            l.kind <> 'creator_unmatured'
            OR a.covered_coins + a.reserve_coins + a.loss_coins IS DISTINCT FROM CASE
                WHEN a.cause_id = a.reversal_id THEN l.coins ELSE b.coins
            END
    ) THEN
        RAISE EXCEPTION 'a settlement is not of its leg' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT
        FROM (SELECT DISTINCT reversal_id, position FROM added WHERE cause_id <> reversal_id) AS n
        CROSS JOIN LATERAL (
            SELECT
                sum(CASE WHEN s.cause_id = s.reversal_id THEN 1 ELSE -1 END * s.covered_coins)
                    AS covered_coins,
                sum(CASE WHEN s.cause_id = s.reversal_id THEN 1 ELSE -1 END * s.reserve_coins)
                    AS reserve_coins,
                sum(CASE WHEN s.cause_id = s.reversal_id THEN 1 ELSE -1 END * s.loss_coins)
                    AS loss_coins
            FROM leg_settlement AS s
            WHERE s.reversal_id = n.reversal_id AND s.position = n.position
        ) AS borne
        WHERE borne.covered_coins < 0 OR borne.reserve_coins < 0 OR borne.loss_coins < 0
    ) THEN
        RAISE EXCEPTION 'more would be given back than was borne' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER leg_settlement_fits_its_leg
AFTER INSERT ON leg_settlement REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_leg_settlements();
