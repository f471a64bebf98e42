-- Levels of gifters, and fan clubs of creators. Both go by points, which are coins of gifts that were
-- sent and not taken back.

-- Versioned and never edited, like the catalogue: what a level takes, and how clubs keep time.
CREATE TABLE level_table (
    version integer PRIMARY KEY CHECK (version > 0),
    effective_from timestamptz NOT NULL UNIQUE,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- A level that was reached is kept for so long, whatever is taken back.
    kept_days integer NOT NULL CHECK (kept_days BETWEEN 0 AND 3650),
    -- Who gives it joins the creator's club.
    club_item_id text COLLATE "C" NOT NULL,
    -- A member who was not active since before a live stays one for so long after its end.
    club_active_days integer NOT NULL CHECK (club_active_days BETWEEN 1 AND 3650),
    -- Of a lapsed member's points this part is left, and of that again with every such time.
    club_decay_days integer NOT NULL CHECK (club_decay_days BETWEEN 1 AND 3650),
    club_decay_keeps_pct integer NOT NULL CHECK (club_decay_keeps_pct BETWEEN 0 AND 100)
);

CREATE TABLE level_step (
    version integer NOT NULL REFERENCES level_table,
    ladder text NOT NULL CHECK (ladder IN ('gifters', 'fan_clubs')),
    level integer NOT NULL CHECK (level BETWEEN 1 AND 50),
    -- From which it is reached.
    points bigint NOT NULL CHECK (points BETWEEN 0 AND 9007199254740991),
    PRIMARY KEY (version, ladder, level)
);

CREATE TRIGGER level_table_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON level_table
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER level_step_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON level_step
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A published version takes no further steps either: all come with it, in its own transaction.
CREATE FUNCTION refuse_late_step() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM level_table AS t
        WHERE t.version = new.version AND t.xmin = pg_current_xact_id()::xid
    ) THEN
        RAISE EXCEPTION 'level table % is published already', new.version
        USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END;
$$;

CREATE TRIGGER level_step_comes_with_its_version
BEFORE INSERT ON level_step
FOR EACH ROW EXECUTE FUNCTION refuse_late_step();

-- What somebody ever gave and was not taken back, to whomever. Written after creators' totals and
-- boards and before rooms, several in the order of the key.
CREATE TABLE gifter (
    user_id text COLLATE "C" PRIMARY KEY,
    points bigint NOT NULL CHECK (points >= 0),
    -- The highest level that was ever told of, and since when.
    reached_level integer NOT NULL DEFAULT 0 CHECK (reached_level BETWEEN 0 AND 50),
    reached_at timestamptz,
    CONSTRAINT gifter_reached_whole CHECK ((reached_level = 0) = (reached_at IS NULL))
) WITH (fillfactor = 50);

CREATE FUNCTION refuse_gifter_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a level of % would be told of again', old.user_id
    USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER gifter_reaches_levels_once
AFTER UPDATE ON gifter
FOR EACH ROW WHEN (
    new.user_id <> old.user_id
    OR new.reached_level < old.reached_level
    OR (
        new.reached_level = old.reached_level
        AND new.reached_at IS DISTINCT FROM old.reached_at
    )
) EXECUTE FUNCTION refuse_gifter_change();

CREATE TRIGGER gifter_is_never_deleted
BEFORE DELETE OR TRUNCATE ON gifter
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who ever joined a creator's club. Points are the sum in `board_score`, less what they lost by
-- lapsing; whether a membership has lapsed follows from the creator's rooms. The creator's total is
-- locked first, by every writer.
CREATE TABLE fan_club_member (
    creator_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    -- By which they joined last, and when it was charged.
    joined_gift_id uuid NOT NULL,
    joined_at timestamptz NOT NULL,
    -- Whether all of that gift is taken back: the membership has ended then.
    is_taken_back boolean NOT NULL DEFAULT false,
    -- The newest gift that was charged while they were a member.
    active_at timestamptz NOT NULL CHECK (active_at >= joined_at),
    -- Points lost by lapsing, before they joined last.
    decayed_points bigint NOT NULL DEFAULT 0 CHECK (decayed_points >= 0),
    -- The highest level in the club that was ever told of.
    reached_level integer NOT NULL CHECK (reached_level BETWEEN 1 AND 50),
    PRIMARY KEY (creator_id, user_id)
) WITH (fillfactor = 70);

CREATE FUNCTION refuse_member_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'membership of % in the club of % goes forward', old.user_id, old.creator_id
    USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER fan_club_member_goes_forward
AFTER UPDATE ON fan_club_member
FOR EACH ROW WHEN (
    (new.creator_id, new.user_id) IS DISTINCT FROM (old.creator_id, old.user_id)
    OR new.active_at < old.active_at
    OR new.decayed_points < old.decayed_points
    OR new.reached_level < old.reached_level
) EXECUTE FUNCTION refuse_member_change();

CREATE TRIGGER fan_club_member_is_never_deleted
BEFORE DELETE OR TRUNCATE ON fan_club_member
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The first live of a creator after a moment. Holds no column that ever changes.
CREATE INDEX room_by_opening ON room (creator_id, opened_at);

-- Whoever gave before this has their points. Nobody is in a club: there was none to join.
INSERT INTO gifter (user_id, points)
SELECT
    sender_id,
    sum(price_coins - reversed_coins)
FROM gift
WHERE status IN ('SENT', 'REVERSED')
GROUP BY sender_id;

-- And their places on boards, in the order in which they gave last: points in clubs are read there,
-- and whether a gift is somebody's first.
INSERT INTO board_score AS s (
    board_id,
    user_id,
    hour_at,
    day_at,
    week_at,
    hour_coins,
    day_coins,
    week_coins,
    coins,
    hour_place,
    day_place,
    week_place,
    place
)
SELECT
    encode(substr(sha256(convert_to(creator_id, 'UTF8')), 1, 16), 'hex')::uuid,
    user_id,
    hour_at,
    day_at,
    week_at,
    hour_coins,
    day_coins,
    week_coins,
    coins,
    place,
    place,
    place,
    place
FROM (
    SELECT
        *,
        nextval('board_place') AS place
    FROM (
        SELECT
            creator_id,
            sender_id AS user_id,
            date_trunc('hour', newest_at, 'UTC') AS hour_at,
            date_trunc('day', newest_at, 'UTC') AS day_at,
            date_trunc('week', newest_at, 'UTC') AS week_at,
            coalesce(
                sum(coins) FILTER (WHERE settled_at >= date_trunc('hour', newest_at, 'UTC')), 0
            ) AS hour_coins,
            coalesce(
                sum(coins) FILTER (WHERE settled_at >= date_trunc('day', newest_at, 'UTC')), 0
            ) AS day_coins,
            coalesce(
                sum(coins) FILTER (WHERE settled_at >= date_trunc('week', newest_at, 'UTC')), 0
            ) AS week_coins,
            sum(coins) AS coins
        FROM (
            SELECT
                creator_id,
                sender_id,
                settled_at,
                price_coins - reversed_coins AS coins,
                max(settled_at) OVER (PARTITION BY creator_id, sender_id) AS newest_at
            FROM gift
            WHERE status IN ('SENT', 'REVERSED')
        ) AS sent
        GROUP BY creator_id, sender_id, newest_at
        ORDER BY newest_at
    ) AS summed
) AS placed
ON CONFLICT (board_id, user_id) DO UPDATE
    SET
        hour_at = excluded.hour_at,
        day_at = excluded.day_at,
        week_at = excluded.week_at,
        hour_coins = excluded.hour_coins,
        day_coins = excluded.day_coins,
        week_coins = excluded.week_coins,
        coins = excluded.coins
    WHERE s.coins <> excluded.coins;
