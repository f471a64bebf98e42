-- What is taken back of gifts because the payments behind them are, and what is given back of that.

ALTER TABLE gift
ADD COLUMN reversed_coins bigint NOT NULL DEFAULT 0,
DROP CONSTRAINT gift_status_check,
ADD CONSTRAINT gift_status_check CHECK (status IN ('PENDING', 'SENT', 'REFUSED', 'REVERSED')),
ADD CONSTRAINT gift_reversed_once_all_is_taken_back CHECK (
    CASE status
        WHEN 'REVERSED' THEN reversed_coins = price_coins
        WHEN 'SENT' THEN reversed_coins >= 0 AND reversed_coins < price_coins
        ELSE reversed_coins = 0
    END
);

-- As before, but a gift that was sent may be taken back, and given back, and nothing else of it.
DROP TRIGGER gift_is_settled_once ON gift;
CREATE TRIGGER gift_is_settled_once
AFTER UPDATE ON gift
FOR EACH ROW WHEN (
    old.status = 'REFUSED'
    OR (old.status = 'PENDING' AND new.status = 'REVERSED')
    OR (
        old.status IN ('SENT', 'REVERSED')
        AND (
            new.status NOT IN ('SENT', 'REVERSED')
            OR old.reversed_coins = new.reversed_coins
            OR (
                old.settled_at, old.requested_at, old.seq, old.count, old.catalogue_version,
                old.item_id, old.target_kind, old.target_id, old.message
            ) IS DISTINCT FROM (
                new.settled_at, new.requested_at, new.seq, new.count, new.catalogue_version,
                new.item_id, new.target_kind, new.target_id, new.message
            )
        )
    )
    OR old.gift_id <> new.gift_id
    OR old.price_coins <> new.price_coins
    OR old.sender_id <> new.sender_id
    OR old.creator_id <> new.creator_id
    OR old.body_hash <> new.body_hash
) EXECUTE FUNCTION refuse_gift_change();

-- What the wallet has taken back of a gift by one leg of a reversal, and what a reinstatement gave
-- back of that leg. Nothing is booked twice: the wallet names each.
CREATE TABLE gift_reversal (
    reversal_id uuid NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    -- The reversal itself, or the reinstatement.
    cause_id uuid NOT NULL,
    gift_id uuid NOT NULL,
    creator_id text COLLATE "C" NOT NULL,
    lot_id bigint NOT NULL,
    coins bigint NOT NULL CHECK (coins > 0),
    reason text NOT NULL CHECK (reason IN ('refund', 'void', 'chargeback', 'minor_refund')),
    told_at timestamptz NOT NULL,
    PRIMARY KEY (reversal_id, position, cause_id)
);

CREATE TRIGGER gift_reversal_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_reversal
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- No leg gives back more than it took.
CREATE FUNCTION check_gift_reversals() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT
        FROM (SELECT DISTINCT reversal_id, position FROM added WHERE cause_id <> reversal_id) AS n
        CROSS JOIN LATERAL (
            SELECT sum(CASE WHEN r.cause_id = r.reversal_id THEN r.coins ELSE -r.coins END) AS coins
            FROM gift_reversal AS r
            WHERE r.reversal_id = n.reversal_id AND r.position = n.position
        ) AS taken
        WHERE taken.coins < 0
    ) THEN
        RAISE EXCEPTION 'more would be given back of a gift than was taken'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER gift_reversal_gives_back_once
AFTER INSERT ON gift_reversal REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_gift_reversals();

-- The same, of gifts that are PENDING: their answers come by another topic and may be late. They
-- are booked with the settlement, in the order in which they came.
CREATE TABLE waiting_reversal (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reversal_id uuid NOT NULL,
    position integer NOT NULL,
    cause_id uuid NOT NULL,
    gift_id uuid NOT NULL,
    creator_id text COLLATE "C" NOT NULL,
    lot_id bigint NOT NULL,
    coins bigint NOT NULL CHECK (coins > 0),
    reason text NOT NULL,
    told_at timestamptz NOT NULL,
    CONSTRAINT waiting_reversal_waits_once UNIQUE (reversal_id, position, cause_id)
);

-- What a creator was given and still has. Two consumers write it by now: the one that settles gifts
-- and the one that takes them back. Both lock in the order of the key.
ALTER TABLE creator_total
DROP CONSTRAINT creator_total_coins_check,
DROP CONSTRAINT creator_total_check,
ADD CONSTRAINT creator_total_not_negative CHECK (gifts >= 0 AND gifts <= coins);
