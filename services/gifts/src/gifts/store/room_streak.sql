-- Streaks. The caller holds the rooms' locks.

-- name: select_streakable
-- Which items of which catalogue versions make streaks, of those asked for.
-- $1 versions, $2 item_ids
SELECT
    c.version,
    c.item_id
FROM unnest($1::integer[], $2::text[]) AS i (version, item_id)
INNER JOIN catalogue_item AS c ON i.version = c.version AND i.item_id = c.item_id
WHERE c.streakable;

-- name: select_open
-- Of each room, sender and item the streak that is open.
-- Lateral, with a limit: joined, all open streaks were read for each key while there were few.
-- $1 room_ids, $2 sender_ids, $3 item_ids
SELECT
    s.streak_id,
    s.room_id,
    s.sender_id,
    s.item_id,
    s.pieces,
    s.last_gift_id,
    s.began_at,
    s.tapped_at,
    s.tapped_seq,
    s.ends_at,
    s.ended_at,
    s.shown,
    s.end_owed
FROM unnest($1::uuid[], $2::text::text[], $3::text::text[]) AS i (room_id, sender_id, item_id)
CROSS JOIN LATERAL (
    SELECT
        o.streak_id,
        o.room_id,
        o.sender_id,
        o.item_id,
        o.pieces,
        o.last_gift_id,
        o.began_at,
        o.tapped_at,
        o.tapped_seq,
        o.ends_at,
        o.ended_at,
        o.shown,
        o.end_owed
    FROM room_streak AS o
    WHERE
        o.room_id = i.room_id
        AND o.sender_id = i.sender_id
        AND o.item_id = i.item_id
        AND o.ended_at IS NULL
    LIMIT 1
) AS s;

-- name: select_over
-- The open streaks of rooms that end by a time, and all of them where there is none.
-- OFFSET 0 keeps the rooms outside: see `select_open`.
-- $1 room_ids, $2 ends_at at the latest
SELECT
    s.streak_id,
    s.room_id,
    s.sender_id,
    s.item_id,
    s.pieces,
    s.last_gift_id,
    s.began_at,
    s.tapped_at,
    s.tapped_seq,
    s.ends_at,
    s.ended_at,
    s.shown
FROM unnest($1::uuid[], $2::timestamptz[]) AS i (room_id, ends_at)
CROSS JOIN LATERAL (
    SELECT
        o.streak_id,
        o.room_id,
        o.sender_id,
        o.item_id,
        o.pieces,
        o.last_gift_id,
        o.began_at,
        o.tapped_at,
        o.tapped_seq,
        o.ends_at,
        o.ended_at,
        o.shown
    FROM room_streak AS o
    WHERE
        o.room_id = i.room_id
        AND o.ended_at IS NULL
        AND (i.ends_at IS NULL OR o.ends_at <= i.ends_at)
    OFFSET 0
) AS s;

-- name: select_going_on
-- Which rooms have open streaks that do not end by a time. The first that is found is enough.
-- $1 room_ids, $2 the time
SELECT i.room_id
FROM unnest($1::uuid[]) AS i (room_id)
CROSS JOIN LATERAL (
    SELECT
    FROM room_streak AS o
    WHERE
        o.room_id = i.room_id
        AND o.ended_at IS NULL
        AND o.ends_at > $2
    LIMIT 1
) AS s;

-- name: insert_streaks
-- $1 streak_ids, $2 room_ids, $3 sender_ids, $4 item_ids, $5 pieces, $6 last gift_ids, $7 began_at,
-- $8 tapped_at, $9 tapped_seq, $10 ends_at, $11 ended_at, $12 whether a frame has a line of them,
-- $13 whether their end is owed; a null $6 is the streak_id, a null $8 is began_at
INSERT INTO room_streak (
    streak_id,
    room_id,
    sender_id,
    item_id,
    pieces,
    last_gift_id,
    began_at,
    tapped_at,
    tapped_seq,
    ends_at,
    ended_at,
    shown,
    end_owed
)
SELECT
    streak_id,
    room_id,
    sender_id,
    item_id,
    pieces,
    coalesce(last_gift_id, streak_id),
    began_at,
    coalesce(tapped_at, began_at),
    tapped_seq,
    ends_at,
    ended_at,
    shown,
    end_owed
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text::text[], $4::text::text[], $5::text::bigint[], $6::uuid[],
    $7::timestamptz[], $8::timestamptz[], $9::text::integer[], $10::timestamptz[],
    $11::timestamptz[], $12::text::boolean[], $13::text::boolean[]
) AS i (
    streak_id, room_id, sender_id, item_id, pieces, last_gift_id, began_at, tapped_at, tapped_seq,
    ends_at, ended_at, shown, end_owed
);

-- name: update_streaks
-- $1 streak_ids, $2 pieces, $3 last gift_ids, $4 tapped_at, $5 tapped_seq, $6 ends_at, $7 ended_at,
-- $8 whether a frame has a line of them, $9 whether their end is owed
UPDATE room_streak AS s
SET
    pieces = i.pieces,
    last_gift_id = i.last_gift_id,
    tapped_at = i.tapped_at,
    tapped_seq = i.tapped_seq,
    ends_at = i.ends_at,
    ended_at = i.ended_at,
    shown = i.shown,
    end_owed = i.end_owed
FROM unnest(
    $1::uuid[], $2::text::bigint[], $3::uuid[], $4::timestamptz[], $5::text::integer[],
    $6::timestamptz[], $7::timestamptz[], $8::text::boolean[], $9::text::boolean[]
) AS i (
    streak_id, pieces, last_gift_id, tapped_at, tapped_seq, ends_at, ended_at, shown, end_owed
)
WHERE s.streak_id = i.streak_id;

-- name: end_streaks
-- End streaks of which nothing else has changed.
-- $1 now, $2 streak_ids, $3 whether a frame has a line of them, $4 whether their end is owed
UPDATE room_streak AS s
SET
    ended_at = $1,
    shown = i.shown,
    end_owed = i.end_owed
FROM unnest($2::uuid[], $3::text::boolean[], $4::text::boolean[]) AS i (streak_id, shown, end_owed)
WHERE s.streak_id = i.streak_id;

-- name: select_owed
-- Streaks of rooms whose end a frame still has to tell, longest waiting first.
-- $1 room_ids, $2 of each at most
SELECT
    o.streak_id,
    o.room_id,
    o.sender_id,
    o.item_id,
    o.pieces,
    o.last_gift_id,
    o.began_at,
    o.tapped_at,
    o.tapped_seq,
    o.ends_at,
    o.ended_at,
    o.shown,
    o.end_owed
FROM unnest($1::uuid[]) AS i (room_id)
CROSS JOIN LATERAL (
    SELECT
        s.streak_id,
        s.room_id,
        s.sender_id,
        s.item_id,
        s.pieces,
        s.last_gift_id,
        s.began_at,
        s.tapped_at,
        s.tapped_seq,
        s.ends_at,
        s.ended_at,
        s.shown,
        s.end_owed
    FROM room_streak AS s
    WHERE
        s.room_id = i.room_id
        AND s.end_owed
    ORDER BY
        s.ended_at,
        s.streak_id
    LIMIT $2
) AS o
ORDER BY
    o.room_id,
    o.ended_at,
    o.streak_id;

-- name: note_told
-- What a frame has told of streaks. Unchanged rows are left alone.
-- $1 streak_ids, each once, $2 whether it told that they have ended
UPDATE room_streak AS s
SET
    shown = true,
    end_owed = s.end_owed AND NOT i.ended
FROM unnest($1::uuid[], $2::boolean[]) AS i (streak_id, ended)
WHERE
    s.streak_id = i.streak_id
    AND (NOT s.shown OR (s.end_owed AND i.ended));
