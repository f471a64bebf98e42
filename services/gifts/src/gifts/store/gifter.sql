-- Points of gifters. Several are locked in the order of their ids.

-- name: add_points
-- Of gifters who have passed a step that was never told of, or who are shown, what they have by now.
-- $1 user_ids, each once, in order, $2 points, of whoever is new not negative, $3 the steps, from the
-- first level on, $4 user_ids of those who are shown
WITH added AS (
    INSERT INTO gifter AS g (user_id, points)
    SELECT
        user_id,
        points
    FROM unnest($1::text::text[], $2::text::bigint[]) AS i (user_id, points)
    ON CONFLICT (user_id) DO UPDATE
        SET points = g.points + excluded.points
    RETURNING g.user_id, g.points, g.reached_level, g.reached_at
)

SELECT
    user_id,
    points,
    reached_level,
    reached_at
FROM added
WHERE
    points >= ($3::bigint[])[reached_level + 1]
    OR user_id = any($4::text[]);

-- name: move_points
-- $1 user_ids, each once, $2 points, negative where they are taken back
WITH locked AS (
    SELECT user_id
    FROM gifter
    WHERE user_id = any($1::text[])
    ORDER BY user_id
    FOR UPDATE
)

UPDATE gifter AS g
SET points = g.points + i.points
FROM locked AS l
INNER JOIN unnest($1::text[], $2::bigint[]) AS i (user_id, points) ON l.user_id = i.user_id
WHERE g.user_id = l.user_id;

-- name: reach_levels
-- The caller holds the locks.
-- $1 user_ids, $2 levels, $3 when
UPDATE gifter AS g
SET
    reached_level = i.level,
    reached_at = i.reached_at
FROM unnest($1::text[], $2::integer[], $3::timestamptz[]) AS i (user_id, level, reached_at)
WHERE g.user_id = i.user_id;

-- name: select_gifters
-- $1 user_ids
SELECT
    user_id,
    points,
    reached_level,
    reached_at
FROM gifter
WHERE user_id = any($1::text[]);
