-- Trains: many people in a room give together. Points are coins, and no money: nothing here is read by
-- what moves coins or credits creators.

-- Versioned and never edited: a train goes by the version in force when it began.
CREATE TABLE train_rules (
    version integer PRIMARY KEY CHECK (version > 0),
    effective_from timestamptz NOT NULL UNIQUE,
    difficulty text NOT NULL CHECK (
        difficulty IN ('easy', 'medium', 'hard', 'super_hard', 'insane')
    ),
    -- How many people start one, within how many seconds, each with a gift of how many coins.
    starters integer NOT NULL CHECK (starters BETWEEN 3 AND 25),
    window_s integer NOT NULL CHECK (window_s > 0),
    qualifying_coins integer NOT NULL CHECK (qualifying_coins >= 10),
    -- From the start, and from each new level, to the end.
    length_s integer NOT NULL CHECK (length_s > 0),
    -- From the end to where gifts count for the next start.
    cooldown_s integer NOT NULL CHECK (cooldown_s BETWEEN 3600 AND 28800),
    -- Coins at which each level is reached, rising.
    targets bigint [] NOT NULL CHECK (cardinality(targets) BETWEEN 1 AND 100 AND 0 < targets[1])
);

INSERT INTO train_rules VALUES (
    1, '2026-01-01T00:00:00Z', 'medium', 5, 300, 10, 300, 3600, '{500, 1500, 3500, 7000, 13000}'
);

CREATE TRIGGER train_rules_are_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON train_rules
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The room's row is locked first, by every writer of this table and of those below.
CREATE TABLE train (
    -- Follows from the id of the gift that started it.
    train_id uuid PRIMARY KEY,
    room_id uuid NOT NULL,
    rules_version integer NOT NULL REFERENCES train_rules (version),
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > started_at),
    -- Coins given to it, without what was taken back while it ran.
    progress bigint NOT NULL CHECK (progress >= 0),
    -- That it works at; what was reached stays reached.
    level integer NOT NULL CHECK (level > 0),
    -- The newest number in its log.
    gifts integer NOT NULL CHECK (gifts > 0),
    ended_at timestamptz CHECK (ended_at >= started_at),
    -- Whether a frame has said that it began, and that it ended.
    begin_told boolean NOT NULL,
    end_told boolean NOT NULL CHECK (NOT end_told OR (begin_told AND ended_at IS NOT NULL))
) WITH (fillfactor = 50);

CREATE INDEX train_by_expiry ON train (expires_at) WHERE ended_at IS NULL;

CREATE FUNCTION refuse_train_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'train % goes forward, ends once, and is then told once', old.train_id
    USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER train_goes_forward
AFTER UPDATE ON train
FOR EACH ROW WHEN (
    (old.train_id, old.room_id, old.rules_version, old.started_at)
    IS DISTINCT FROM (new.train_id, new.room_id, new.rules_version, new.started_at)
    OR new.level < old.level
    OR new.gifts < old.gifts
    OR new.expires_at < old.expires_at
    OR (old.begin_told AND NOT new.begin_told)
    OR (old.end_told AND NOT new.end_told)
    OR (
        old.ended_at IS NOT NULL
        AND (old.ended_at, old.progress, old.level, old.gifts, old.expires_at)
        IS DISTINCT FROM (new.ended_at, new.progress, new.level, new.gifts, new.expires_at)
    )
) EXECUTE FUNCTION refuse_train_change();

CREATE TRIGGER train_is_never_deleted
BEFORE DELETE OR TRUNCATE ON train
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Of each room its newest train, and the gifts that may start the next one.
CREATE TABLE room_train (
    room_id uuid PRIMARY KEY,
    train_id uuid,
    -- See `gifts.domain.train.Spark`.
    sparks bytea NOT NULL
) WITH (fillfactor = 50);

-- What gifts, and what is taken back of them, did to a train: its log.
CREATE TABLE train_gift (
    train_id uuid NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    gift_id uuid NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    -- Negative where they are taken back.
    coins bigint NOT NULL CHECK (coins <> 0),
    PRIMARY KEY (train_id, seq)
);

CREATE INDEX train_gift_by_gift ON train_gift (gift_id);

CREATE TRIGGER train_gift_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON train_gift
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What each has given to a train and still counts.
CREATE TABLE train_gifter (
    train_id uuid NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    coins bigint NOT NULL CHECK (coins >= 0),
    PRIMARY KEY (train_id, user_id)
) WITH (fillfactor = 70);

CREATE INDEX train_gifter_by_coins ON train_gifter (train_id, coins DESC, user_id);
