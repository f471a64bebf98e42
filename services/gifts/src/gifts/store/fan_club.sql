-- Members of fan clubs. Writers hold the locks of the creators' totals.

-- name: select_standings
-- Of those of these users who ever joined: how they stand, and of the creator's first live that began
-- after they were active last, when it ended.
-- $1 creator_ids, $2 user_ids, each pair once
SELECT
    m.creator_id,
    m.user_id,
    m.joined_gift_id,
    m.joined_at,
    m.is_taken_back,
    m.active_at,
    m.decayed_points,
    m.reached_level,
    r.closed_at AS live_ended_at
FROM unnest($1::text::text[], $2::text::text[]) AS i (creator_id, user_id)
INNER JOIN fan_club_member AS m ON i.creator_id = m.creator_id AND i.user_id = m.user_id
LEFT JOIN LATERAL (
    SELECT closed_at
    FROM room
    WHERE
        creator_id = m.creator_id
        AND opened_at > m.active_at
    ORDER BY opened_at
    LIMIT 1
) AS r ON true;

-- name: ensure_members
-- $1 creator_ids, $2 user_ids, each pair once, $3 gifts by which they joined, $4 when, $5 whether those
-- are taken back, $6 active_at, $7 points lost, $8 levels reached
INSERT INTO fan_club_member AS m (
    creator_id,
    user_id,
    joined_gift_id,
    joined_at,
    is_taken_back,
    active_at,
    decayed_points,
    reached_level
)
SELECT
    creator_id,
    user_id,
    joined_gift_id,
    joined_at,
    is_taken_back,
    active_at,
    decayed_points,
    reached_level
FROM unnest(
    $1::text::text[], $2::text::text[], $3::uuid[], $4::timestamptz[], $5::boolean[],
    $6::timestamptz[], $7::text::bigint[], $8::text::integer[]
) AS i (
    creator_id, user_id, joined_gift_id, joined_at, is_taken_back, active_at, decayed_points,
    reached_level
)
ON CONFLICT (creator_id, user_id) DO UPDATE
    SET
        joined_gift_id = excluded.joined_gift_id,
        joined_at = excluded.joined_at,
        is_taken_back = excluded.is_taken_back,
        active_at = excluded.active_at,
        decayed_points = excluded.decayed_points,
        reached_level = excluded.reached_level;

-- name: note_active
-- $1 creator_ids, $2 user_ids, each pair once, $3 when they were active
UPDATE fan_club_member AS m
SET active_at = greatest(m.active_at, i.active_at)
FROM unnest($1::text::text[], $2::text::text[], $3::timestamptz[])
    AS i (creator_id, user_id, active_at)
WHERE m.creator_id = i.creator_id AND m.user_id = i.user_id;

-- name: take_back_joining
-- Of those who joined by one of these gifts the membership ends, or goes on; the memberships that do.
-- $1 creator_ids, $2 user_ids, $3 gift_ids, each once, $4 whether nothing is left of the gift
UPDATE fan_club_member AS m
SET is_taken_back = i.is_taken_back
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::boolean[])
    AS i (creator_id, user_id, gift_id, is_taken_back)
WHERE
    m.creator_id = i.creator_id
    AND m.user_id = i.user_id
    AND m.joined_gift_id = i.gift_id
    AND m.is_taken_back <> i.is_taken_back
RETURNING
    m.creator_id,
    m.user_id,
    m.joined_gift_id,
    m.joined_at,
    m.is_taken_back,
    m.active_at,
    m.decayed_points,
    m.reached_level;

-- name: count_members
-- Those who are members now: who was active since the beginning of the last live that ended long enough
-- ago that whoever was not has lapsed.
-- $1 creator_id, $2 when a live must have ended for that
SELECT count(*)
FROM fan_club_member
WHERE
    creator_id = $1
    AND NOT is_taken_back
    AND active_at >= coalesce(
        (
            SELECT opened_at
            FROM room
            WHERE
                creator_id = $1
                AND closed_at <= $2
            ORDER BY opened_at DESC
            LIMIT 1
        ),
        '-infinity'
    );
