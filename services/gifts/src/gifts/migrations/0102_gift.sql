-- Gifts, from the request to the wallet's answer. No foreign keys here: each would cost a lookup and
-- a row lock per gift, and the rows they would guard are written by this service alone.

CREATE TABLE gift (
    -- Made by the client and kept when it retries: it is also the id of the charge.
    gift_id uuid PRIMARY KEY,
    -- The order of histories.
    seq bigint GENERATED ALWAYS AS IDENTITY,
    price_coins bigint NOT NULL CHECK (price_coins BETWEEN 1 AND 9007199254740991),
    requested_at timestamptz NOT NULL,
    settled_at timestamptz,
    needed_coins bigint,
    balance_coins bigint,
    count integer NOT NULL CHECK (count BETWEEN 1 AND 1000),
    catalogue_version integer NOT NULL CHECK (catalogue_version > 0),
    sender_id text COLLATE "C" NOT NULL CHECK (length(sender_id) BETWEEN 1 AND 64),
    creator_id text COLLATE "C" NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    item_id text COLLATE "C" NOT NULL,
    target_kind text NOT NULL CHECK (target_kind IN ('video', 'room')),
    target_id text COLLATE "C" NOT NULL CHECK (length(target_id) BETWEEN 1 AND 64),
    status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'SENT', 'REFUSED')),
    -- Of everything the client asked for, to tell a retry from another gift under the same id.
    body_hash bytea NOT NULL CHECK (length(body_hash) = 16),
    refusal_code text,
    message text CHECK (length(message) BETWEEN 1 AND 350),
    CONSTRAINT gift_is_for_someone_else CHECK (sender_id <> creator_id),
    CONSTRAINT gift_settled_once_answered CHECK ((settled_at IS NULL) = (status = 'PENDING')),
    CONSTRAINT gift_refused_for_a_reason CHECK ((refusal_code IS NULL) = (status <> 'REFUSED')),
    CONSTRAINT gift_refusal_has_amounts CHECK (
        (needed_coins IS NULL) = (refusal_code IS NULL)
        AND (balance_coins IS NULL) = (refusal_code IS NULL)
    )
) WITH (
    -- Each row is rewritten once, and is a little longer then. With this much of each page free the
    -- new version stays within the page and touches no index.
    fillfactor = 45
);

-- Histories of a sender. Holds no column that settling changes.
CREATE UNIQUE INDEX gift_by_sender ON gift (sender_id, seq);

CREATE FUNCTION refuse_gift_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'gift % is settled, or its terms are to be changed', old.gift_id
    USING ERRCODE = 'restrict_violation';
END;
$$;

-- What a gift is was frozen when it was requested, and what came of it is said once. AFTER rather
-- than BEFORE: a BEFORE trigger locks every row once more even where its condition is false.
CREATE TRIGGER gift_is_settled_once
AFTER UPDATE ON gift
FOR EACH ROW WHEN (
    old.status <> 'PENDING'
    OR old.gift_id <> new.gift_id
    OR old.price_coins <> new.price_coins
    OR old.sender_id <> new.sender_id
    OR old.creator_id <> new.creator_id
    OR old.body_hash <> new.body_hash
) EXECUTE FUNCTION refuse_gift_change();

CREATE TRIGGER gift_is_never_deleted
BEFORE DELETE OR TRUNCATE ON gift
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a creator was given, in the order in which it was settled; written with the settlement.
CREATE TABLE received_gift (
    creator_id text COLLATE "C" NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    gift_id uuid NOT NULL,
    PRIMARY KEY (creator_id, seq)
);

CREATE TRIGGER received_gift_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON received_gift
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- All that a creator was ever given. A creator belongs to one partition of wallet.charge.v1, so a
-- row has one writer.
CREATE TABLE creator_total (
    creator_id text COLLATE "C" PRIMARY KEY,
    coins bigint NOT NULL CHECK (coins > 0),
    gifts bigint NOT NULL CHECK (gifts > 0 AND gifts <= coins)
) WITH (fillfactor = 50);
