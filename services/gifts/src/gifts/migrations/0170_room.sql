-- Live rooms: what is given in them, how they stand, and which of it viewers have been told.

CREATE TABLE room (
    -- Made by the host's client and kept when it retries.
    room_id uuid PRIMARY KEY,
    creator_id text COLLATE "C" NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 100),
    -- Of everything the host asked for, to tell a retry from another room under the same id.
    body_hash bytea NOT NULL CHECK (length(body_hash) = 16),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    -- The last gift or sign of life: a room that is left behind closes itself.
    active_at timestamptz NOT NULL,
    -- What the host hopes for: coins, or pieces of an item.
    goal_coins bigint CHECK (goal_coins BETWEEN 1 AND 9007199254740991),
    goal_item_id text COLLATE "C",
    goal_count bigint CHECK (goal_count BETWEEN 1 AND 9007199254740991),
    goal_reached bigint NOT NULL DEFAULT 0 CHECK (goal_reached >= 0),
    goal_reached_at timestamptz,
    -- All that was given and not taken back.
    coins bigint NOT NULL DEFAULT 0,
    gifts bigint NOT NULL DEFAULT 0,
    gifters bigint NOT NULL DEFAULT 0,
    -- Rises with everything that changes what somebody gave: who gets to a sum first is before others.
    moves bigint NOT NULL DEFAULT 0 CHECK (moves >= 0),
    -- Of the newest frame.
    seq integer NOT NULL DEFAULT 1 CHECK (seq > 0),
    framed_at timestamptz NOT NULL,
    -- When the newest frame, or a keyframe that repeats it, was told.
    told_at timestamptz NOT NULL,
    -- Whether there is something that no frame has told.
    untold boolean NOT NULL DEFAULT false,
    -- No streak of the room ends by itself before. Null: none is open.
    streaks_end_at timestamptz,
    -- When the clock has to look at the room. Null: never, unless something happens.
    due_at timestamptz,
    CONSTRAINT room_goal_is_one CHECK (
        (goal_coins IS NULL OR goal_item_id IS NULL)
        AND (goal_item_id IS NULL) = (goal_count IS NULL)
    ),
    CONSTRAINT room_goal_reached_if_any CHECK (
        CASE
            WHEN goal_coins IS NULL AND goal_count IS NULL
                THEN goal_reached = 0 AND goal_reached_at IS NULL
            ELSE (goal_reached_at IS NOT NULL) = (goal_reached >= coalesce(goal_coins, goal_count))
        END
    ),
    CONSTRAINT room_totals_fit CHECK (
        gifters >= 0 AND gifters <= gifts AND gifts <= coins AND (gifters = 0) = (coins = 0)
    ),
    CONSTRAINT room_is_looked_at CHECK (due_at IS NOT NULL OR (closed_at IS NOT NULL AND NOT untold))
) WITH (fillfactor = 50);

-- One open room per host.
CREATE UNIQUE INDEX room_open_by_creator ON room (creator_id) WHERE closed_at IS NULL;
CREATE INDEX room_by_due ON room (due_at) WHERE due_at IS NOT NULL;

CREATE FUNCTION refuse_room_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'room % goes forward, is closed once, and its terms stay', old.room_id
    USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER room_goes_forward
AFTER UPDATE ON room
FOR EACH ROW WHEN (
    new.seq NOT IN (old.seq, old.seq + 1)
    OR new.moves < old.moves
    OR (old.closed_at IS NOT NULL AND new.closed_at IS DISTINCT FROM old.closed_at)
    OR (
        old.room_id, old.creator_id, old.title, old.body_hash, old.opened_at, old.goal_coins,
        old.goal_item_id, old.goal_count
    ) IS DISTINCT FROM (
        new.room_id, new.creator_id, new.title, new.body_hash, new.opened_at, new.goal_coins,
        new.goal_item_id, new.goal_count
    )
) EXECUTE FUNCTION refuse_room_change();

CREATE TRIGGER room_is_never_deleted
BEFORE DELETE OR TRUNCATE ON room
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What each gave in a room and still counts. The room's row is locked first, by every writer of
-- this table and of those below.
CREATE TABLE room_gifter (
    room_id uuid NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    coins bigint NOT NULL CHECK (coins >= 0),
    -- The room's `moves` when it came to this sum.
    place bigint NOT NULL CHECK (place > 0),
    PRIMARY KEY (room_id, user_id)
) WITH (fillfactor = 70);

CREATE INDEX room_gifter_by_coins ON room_gifter (room_id, coins DESC, place);

-- Pieces of an item that one viewer gives in a room in quick succession.
CREATE TABLE room_streak (
    -- Follows from the first gift's id.
    streak_id uuid PRIMARY KEY,
    room_id uuid NOT NULL,
    sender_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    -- From the first tap on: what was charged, is shown and was credited.
    pieces bigint NOT NULL CHECK (pieces > 0),
    last_gift_id uuid NOT NULL,
    -- When the first and the last tap were charged.
    began_at timestamptz NOT NULL,
    tapped_at timestamptz NOT NULL CHECK (tapped_at >= began_at),
    -- The room's `seq` when the last tap was booked: if it has not moved, no frame has told the tap.
    tapped_seq integer NOT NULL,
    -- When the clock ends it, unless another tap comes.
    ends_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- Whether a frame has had a line of it.
    shown boolean NOT NULL DEFAULT false,
    -- Whether it has ended, and a frame still has to say so.
    end_owed boolean NOT NULL DEFAULT false,
    CONSTRAINT room_streak_owes_what_was_shown CHECK (
        NOT end_owed OR (shown AND ended_at IS NOT NULL)
    )
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX room_streak_open ON room_streak (room_id, sender_id, item_id)
WHERE ended_at IS NULL;
CREATE INDEX room_streak_owed ON room_streak (room_id, ended_at, streak_id) WHERE end_owed;

CREATE FUNCTION refuse_streak_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'streak % has ended, or would lose pieces', old.streak_id
    USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER room_streak_ends_once
AFTER UPDATE ON room_streak
FOR EACH ROW WHEN (
    (
        old.ended_at IS NOT NULL
        AND (
            (old.pieces, old.ended_at) IS DISTINCT FROM (new.pieces, new.ended_at)
            OR (new.end_owed AND NOT old.end_owed)
        )
    )
    OR new.pieces < old.pieces
    OR (old.shown AND NOT new.shown)
    OR (old.streak_id, old.room_id, old.sender_id, old.item_id, old.began_at)
    IS DISTINCT FROM (new.streak_id, new.room_id, new.sender_id, new.item_id, new.began_at)
) EXECUTE FUNCTION refuse_streak_change();

CREATE TRIGGER room_streak_is_never_deleted
BEFORE DELETE OR TRUNCATE ON room_streak
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was given in a room since its newest frame, a row per transaction; the next frame takes all.
CREATE TABLE room_entry (
    room_id uuid NOT NULL,
    entry bigint GENERATED ALWAYS AS IDENTITY,
    -- Lines as the next frame will show them: see `gifts.domain.room_line`.
    lines bytea NOT NULL,
    PRIMARY KEY (room_id, entry)
);
ALTER TABLE room_entry ALTER COLUMN lines SET STORAGE EXTERNAL;
