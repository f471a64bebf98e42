-- What creators give up because payments behind their gifts are taken back, and get back of it.

-- Diamonds that a clawback has taken. Beside what payouts have taken, so that the database refuses
-- to let a clawback and a payout have the same diamond.
ALTER TABLE earning_bucket
ADD COLUMN clawed_micro_diamonds bigint NOT NULL DEFAULT 0,
DROP CONSTRAINT earning_bucket_taken_once,
ADD CONSTRAINT earning_bucket_taken_once CHECK (
    taken_micro_diamonds >= 0
    AND clawed_micro_diamonds >= 0
    AND taken_micro_diamonds + clawed_micro_diamonds <= micro_diamonds
);

CREATE OR REPLACE VIEW earning_free AS
SELECT
    creator_id,
    matures_on,
    rate_version,
    taken_micro_diamonds,
    micro_diamonds - taken_micro_diamonds - clawed_micro_diamonds AS free_micro_diamonds
FROM earning_bucket;

-- What was ever earned stays as it is; this much of it was given up.
ALTER TABLE creator_earning
ADD COLUMN clawed_micro_diamonds bigint NOT NULL DEFAULT 0,
ADD CONSTRAINT creator_earning_clawed_once CHECK (
    clawed_micro_diamonds BETWEEN 0 AND lifetime_micro_diamonds
);

-- The journal: each row moves micro-diamonds from a creator back to issuance, for one leg of a
-- reversal; or from there to the creator again, for a reinstatement of such a leg.
CREATE TABLE clawback (
    reversal_id uuid NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    -- The reversal itself, or the reinstatement.
    cause_id uuid NOT NULL,
    -- The order of a creator's statement.
    seq bigint GENERATED ALWAYS AS IDENTITY,
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    gift_id uuid NOT NULL,
    lot_id bigint NOT NULL,
    reason text NOT NULL CHECK (reason IN ('refund', 'void', 'chargeback', 'minor_refund')),
    -- When the wallet took the payment back, or gave it back.
    told_at timestamptz NOT NULL,
    -- What was asked for, and how much of it the creator bears or gets.
    coins bigint NOT NULL CHECK (coins > 0),
    covered_coins bigint NOT NULL CHECK (covered_coins BETWEEN 0 AND coins),
    micro_diamonds bigint NOT NULL CHECK (micro_diamonds >= 0),
    -- Whose bucket.
    matures_on date NOT NULL,
    rate_version integer NOT NULL,
    settled_at timestamptz NOT NULL,
    PRIMARY KEY (reversal_id, position, cause_id),
    CONSTRAINT clawback_of_nothing_takes_nothing CHECK (covered_coins > 0 OR micro_diamonds = 0),
    -- What is mature is the creator's, whatever happens to the payment (E04).
    CONSTRAINT clawback_takes_what_is_not_mature CHECK (
        cause_id <> reversal_id
        OR covered_coins = 0
        OR matures_on > (settled_at AT TIME ZONE 'UTC')::date
    )
);

CREATE INDEX clawback_of_creator ON clawback (creator_id, seq);
CREATE INDEX clawback_of_gift ON clawback (gift_id, lot_id);

CREATE TRIGGER clawback_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON clawback
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- No leg gives back more than it took, and no slice of a gift loses more than it earned. Leg by leg
-- and slice by slice: a reversal may have ten thousand, and they come in many batches.
CREATE FUNCTION check_clawbacks() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT
        FROM (SELECT DISTINCT reversal_id, position FROM added WHERE cause_id <> reversal_id) AS n
        CROSS JOIN LATERAL (
            SELECT
                sum(CASE WHEN c.cause_id = c.reversal_id THEN 1 ELSE -1 END * c.coins) AS coins,
                sum(CASE WHEN c.cause_id = c.reversal_id THEN 1 ELSE -1 END * c.covered_coins)
                    AS covered_coins,
                sum(CASE WHEN c.cause_id = c.reversal_id THEN 1 ELSE -1 END * c.micro_diamonds)
                    AS micro_diamonds
            FROM clawback AS c
            WHERE c.reversal_id = n.reversal_id AND c.position = n.position
        ) AS taken
        WHERE taken.coins < 0 OR taken.covered_coins < 0 OR taken.micro_diamonds < 0
    ) THEN
        RAISE EXCEPTION 'more would be given back to a creator than was taken'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT
        FROM (SELECT DISTINCT gift_id, lot_id FROM added) AS n
        INNER JOIN accrual AS a ON n.gift_id = a.gift_id
        CROSS JOIN LATERAL (
            SELECT
                sum(CASE WHEN c.cause_id = c.reversal_id THEN 1 ELSE -1 END * c.coins) AS coins,
                sum(CASE WHEN c.cause_id = c.reversal_id THEN 1 ELSE -1 END * c.micro_diamonds)
                    AS micro_diamonds
            FROM clawback AS c
            WHERE c.gift_id = n.gift_id AND c.lot_id = n.lot_id
        ) AS taken
        WHERE
            taken.coins > coalesce(a.slice_coins[array_position(a.lot_ids, n.lot_id)], 0)
            OR taken.micro_diamonds
            > coalesce(a.slice_micro_diamonds[array_position(a.lot_ids, n.lot_id)], 0)
    ) THEN
        RAISE EXCEPTION 'more would be taken of a gift than it had earned'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER clawback_takes_once
AFTER INSERT ON clawback REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_clawbacks();

-- What is told of gifts that are not accrued, or given back before it is known as taken: streams of
-- the sender may overtake each other. Settled as soon as what it waits for is there.
CREATE TABLE waiting_clawback (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reversal_id uuid NOT NULL,
    position integer NOT NULL,
    cause_id uuid NOT NULL,
    creator_id text NOT NULL,
    gift_id uuid NOT NULL,
    lot_id bigint NOT NULL,
    reason text NOT NULL,
    told_at timestamptz NOT NULL,
    coins bigint NOT NULL CHECK (coins > 0),
    CONSTRAINT waiting_clawback_waits_once UNIQUE (reversal_id, position, cause_id)
);

CREATE INDEX waiting_clawback_of_creator ON waiting_clawback (creator_id);
