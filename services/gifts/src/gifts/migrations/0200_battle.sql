-- Battles: two hosts whose rooms compete for points. Points are no money: nothing here is read by
-- what moves coins or credits creators.

-- Versioned and never edited: a battle goes by the version in force when it was proposed.
CREATE TABLE battle_rules (
    version integer PRIMARY KEY CHECK (version > 0),
    effective_from timestamptz NOT NULL UNIQUE,
    -- How long an invitation can be accepted.
    invitation_s integer NOT NULL CHECK (invitation_s > 0),
    -- From the end to the result: charges that were made in time may be heard of later.
    decided_after_s integer NOT NULL CHECK (decided_after_s > 0),
    -- How long frames show the result.
    shown_s integer NOT NULL CHECK (shown_s > 0),
    glove_chance_pct integer NOT NULL CHECK (glove_chance_pct BETWEEN 1 AND 30),
    glove_multiplier integer NOT NULL CHECK (glove_multiplier BETWEEN 2 AND 5),
    glove_s integer NOT NULL CHECK (glove_s > 0),
    mist_s integer NOT NULL CHECK (mist_s > 0),
    -- A time maker adds from one second to this.
    time_maker_max_s integer NOT NULL CHECK (time_maker_max_s BETWEEN 1 AND 10),
    hammer_s integer NOT NULL CHECK (hammer_s > 0),
    hit_coins integer NOT NULL CHECK (hit_coins > 0),
    combo_coins integer NOT NULL CHECK (combo_coins > hit_coins),
    -- How often they can be used: by each side, but time makers by both together.
    gloves_max integer NOT NULL CHECK (gloves_max >= 0),
    mists_max integer NOT NULL CHECK (mists_max >= 0),
    time_makers_max integer NOT NULL CHECK (time_makers_max BETWEEN 0 AND 3),
    hammers_max integer NOT NULL CHECK (hammers_max >= 0)
);

INSERT INTO battle_rules VALUES (
    1, '2026-01-01T00:00:00Z', 60, 10, 60, 30, 5, 30, 30, 10, 30, 5, 100, 5, 2, 3, 2
);

CREATE TRIGGER battle_rules_are_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON battle_rules
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The rooms' rows are locked first, in id order, then battles, in id order.
CREATE TABLE battle (
    -- Made by the client of the host who proposes it, and kept when it retries.
    battle_id uuid PRIMARY KEY,
    rules_version integer NOT NULL REFERENCES battle_rules (version),
    -- Left is who proposed it.
    left_room_id uuid NOT NULL,
    left_creator_id text COLLATE "C" NOT NULL,
    right_room_id uuid NOT NULL,
    right_creator_id text COLLATE "C" NOT NULL,
    invited_at timestamptz NOT NULL,
    -- From the start to the end, without time makers.
    length_s integer NOT NULL CHECK (length_s > 0),
    -- From acceptance on.
    started_at timestamptz,
    -- A charge counts from the start on and before the end, by its own time.
    ends_at timestamptz,
    seed bytea CHECK (length(seed) = 32),
    -- When the result was decided; it stands.
    ended_at timestamptz,
    -- The number in the battle's log under which it was.
    ended_seq integer,
    winner text CHECK (winner IN ('left', 'right', 'draw')),
    left_points bigint NOT NULL DEFAULT 0 CHECK (left_points >= 0),
    right_points bigint NOT NULL DEFAULT 0 CHECK (right_points >= 0),
    -- What came too late for the result, less what was taken back after it.
    left_later_points bigint NOT NULL DEFAULT 0 CHECK (left_points + left_later_points >= 0),
    right_later_points bigint NOT NULL DEFAULT 0 CHECK (right_points + right_later_points >= 0),
    left_hits integer NOT NULL DEFAULT 0,
    right_hits integer NOT NULL DEFAULT 0,
    left_combos integer NOT NULL DEFAULT 0 CHECK (left_combos BETWEEN 0 AND left_hits),
    right_combos integer NOT NULL DEFAULT 0 CHECK (right_combos BETWEEN 0 AND right_hits),
    -- Whether something has changed that the side's room still has to be told.
    left_untold boolean NOT NULL DEFAULT false,
    right_untold boolean NOT NULL DEFAULT false,
    -- The newest number in its log.
    events integer NOT NULL DEFAULT 0 CHECK (events >= 0),
    -- When the clock has to look at it. Null: never, unless something happens.
    due_at timestamptz,
    CONSTRAINT battle_is_of_two CHECK (
        left_room_id <> right_room_id AND left_creator_id <> right_creator_id
    ),
    CONSTRAINT battle_starts_whole CHECK (
        num_nulls(started_at, ends_at, seed) IN (0, 3) AND started_at < ends_at
    ),
    CONSTRAINT battle_ends_whole CHECK (
        CASE
            WHEN ended_at IS NULL
                THEN num_nonnulls(ended_seq, winner) = 0
                AND left_later_points = 0
                AND right_later_points = 0
            ELSE ended_at >= ends_at
                AND ended_seq BETWEEN 1 AND events
                AND winner = CASE
                    WHEN left_points > right_points THEN 'left'
                    WHEN left_points < right_points THEN 'right'
                    ELSE 'draw'
                END
        END
    ),
    CONSTRAINT battle_is_looked_at CHECK (
        due_at IS NOT NULL OR started_at IS NULL
        OR (ended_at IS NOT NULL AND NOT left_untold AND NOT right_untold)
    )
) WITH (fillfactor = 50);

CREATE INDEX battle_by_due ON battle (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX battle_by_invited_room ON battle (right_room_id, invited_at)
WHERE started_at IS NULL;

CREATE FUNCTION refuse_battle_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'battle % keeps its terms, its seed and its result', old.battle_id
    USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER battle_goes_forward
AFTER UPDATE ON battle
FOR EACH ROW WHEN (
    (
        old.battle_id, old.rules_version, old.left_room_id, old.left_creator_id, old.right_room_id,
        old.right_creator_id, old.invited_at, old.length_s
    ) IS DISTINCT FROM (
        new.battle_id, new.rules_version, new.left_room_id, new.left_creator_id, new.right_room_id,
        new.right_creator_id, new.invited_at, new.length_s
    )
    OR (
        old.started_at IS NOT NULL
        AND (
            (old.started_at, old.seed) IS DISTINCT FROM (new.started_at, new.seed)
            OR new.ends_at < old.ends_at
        )
    )
    OR (
        old.ended_at IS NOT NULL
        AND (
            old.ended_at, old.ended_seq, old.ends_at, old.winner, old.left_points, old.right_points,
            old.left_hits, old.right_hits, old.left_combos, old.right_combos
        ) IS DISTINCT FROM (
            new.ended_at, new.ended_seq, new.ends_at, new.winner, new.left_points, new.right_points,
            new.left_hits, new.right_hits, new.left_combos, new.right_combos
        )
    )
    OR new.events < old.events
) EXECUTE FUNCTION refuse_battle_change();

CREATE TRIGGER battle_is_never_deleted
BEFORE DELETE OR TRUNCATE ON battle
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The battles that began in a room: before the newest has ended there is no other.
CREATE TABLE battle_room (
    room_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    battle_id uuid NOT NULL,
    PRIMARY KEY (room_id, started_at)
);

CREATE TRIGGER battle_room_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON battle_room
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What gifts, and what is taken back of them, did to a battle's points: the log, together with the
-- power-ups, which are numbered with it.
CREATE TABLE battle_event (
    battle_id uuid NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    kind text NOT NULL CHECK (kind IN ('given', 'taken')),
    side smallint NOT NULL CHECK (side IN (0, 1)),
    gift_id uuid NOT NULL,
    -- Negative where they are taken back.
    coins bigint NOT NULL CHECK (coins <> 0 AND (kind = 'taken' OR coins > 0)),
    -- Points are coins times this.
    multiplier integer NOT NULL CHECK (multiplier BETWEEN 1 AND 5),
    -- When the gift was charged.
    charged_at timestamptz NOT NULL,
    PRIMARY KEY (battle_id, seq)
);

CREATE UNIQUE INDEX battle_event_by_gift ON battle_event (gift_id) WHERE kind = 'given';

CREATE TRIGGER battle_event_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON battle_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE battle_power_up (
    battle_id uuid NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    -- Made by the host's client, and kept when it retries.
    power_up_id uuid NOT NULL UNIQUE,
    side smallint NOT NULL CHECK (side IN (0, 1)),
    kind text NOT NULL CHECK (kind IN ('GLOVE', 'MIST', 'TIME_MAKER', 'STUN_HAMMER')),
    -- The how many-th of the battle: what is rolled follows from the seed and this.
    number integer NOT NULL CHECK (number > 0),
    used_at timestamptz NOT NULL,
    -- What it does holds from here to there; a glove that missed does nothing.
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL CHECK (
        until_at > from_at OR (kind = 'GLOVE' AND until_at = from_at)
    ),
    PRIMARY KEY (battle_id, number)
);

CREATE TRIGGER battle_power_up_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON battle_power_up
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
