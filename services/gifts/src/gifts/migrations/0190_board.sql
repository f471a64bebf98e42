-- Who gave most to each creator, by hour, day and week and in all, and who of them may be named.

-- What somebody gave a creator, without what was taken back: in all, and in the newest hour, day and
-- week in which they gave. One row, as it is written with every gift: four rows cost three times as
-- much. The creator's total is locked first, by every writer.
CREATE TABLE board_score (
    -- Half of the SHA-256 of the creator's id. As long as a row's other keys are, so that what stands
    -- behind it in an index is found without looking at it: five indexes are written with every gift.
    board_id uuid NOT NULL,
    -- When the windows began, in UTC.
    hour_at timestamptz NOT NULL,
    day_at timestamptz NOT NULL,
    week_at timestamptz NOT NULL,
    hour_coins bigint NOT NULL,
    day_coins bigint NOT NULL,
    week_coins bigint NOT NULL,
    coins bigint NOT NULL,
    -- Rise with whatever changes a sum: who gets to one first is before others.
    hour_place bigint NOT NULL,
    day_place bigint NOT NULL,
    week_place bigint NOT NULL,
    place bigint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (board_id, user_id),
    CONSTRAINT board_score_windows_are_in_each_other CHECK (
        hour_at >= day_at AND hour_at < day_at + interval '24 hours'
        AND day_at >= week_at AND day_at < week_at + interval '168 hours'
    ),
    CONSTRAINT board_score_sums_are_in_each_other CHECK (
        hour_coins >= 0
        AND hour_coins <= day_coins
        AND day_coins <= week_coins
        AND week_coins <= coins
    )
);

CREATE INDEX board_score_by_hour
ON board_score (board_id, hour_at, hour_coins DESC, hour_place);
CREATE INDEX board_score_by_day
ON board_score (board_id, day_at, day_coins DESC, day_place);
CREATE INDEX board_score_by_week
ON board_score (board_id, week_at, week_coins DESC, week_place);
CREATE INDEX board_score_by_coins
ON board_score (board_id, coins DESC, place);

CREATE SEQUENCE board_place;

CREATE TRIGGER board_score_is_never_deleted
BEFORE DELETE OR TRUNCATE ON board_score
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- All boards: of creators, and of rooms, which have no windows. Of a window that is over only those
-- are left who gave in no later one.
CREATE VIEW board AS
SELECT
    board_id,
    'HOUR' AS span,
    hour_at AS starts_at,
    user_id,
    hour_coins AS coins,
    hour_place AS place
FROM board_score
UNION ALL
SELECT
    board_id,
    'DAY' AS span,
    day_at AS starts_at,
    user_id,
    day_coins AS coins,
    day_place AS place
FROM board_score
UNION ALL
SELECT
    board_id,
    'WEEK' AS span,
    week_at AS starts_at,
    user_id,
    week_coins AS coins,
    week_place AS place
FROM board_score
UNION ALL
SELECT
    board_id,
    'ALL_TIME' AS span,
    '1970-01-01 00:00:00+00'::timestamptz AS starts_at,
    user_id,
    coins,
    place
FROM board_score
UNION ALL
SELECT
    room_id AS board_id,
    'ROOM' AS span,
    '1970-01-01 00:00:00+00'::timestamptz AS starts_at,
    user_id,
    coins,
    place
FROM room_gifter;

-- What gifters decided. Who is not here never agreed, and is shown without a name.
CREATE TABLE board_consent (
    user_id text COLLATE "C" PRIMARY KEY CHECK (length(user_id) BETWEEN 1 AND 64),
    is_shown boolean NOT NULL,
    changed_at timestamptz NOT NULL
);
