-- Whom creators have blocked.

-- name: insert_blocked
-- $1 creator_id, $2 user_id, $3 blocked_at
INSERT INTO blocked_gifter (creator_id, user_id, blocked_at)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING;

-- name: delete_blocked
-- $1 creator_id, $2 user_id
DELETE FROM blocked_gifter
WHERE creator_id = $1 AND user_id = $2;

-- name: select_blocked_newest
-- $1 creator_id, $2 before this place, $3 at most
SELECT
    seq,
    user_id,
    blocked_at
FROM blocked_gifter
WHERE
    creator_id = $1
    AND seq < $2
ORDER BY seq DESC
LIMIT $3;

-- name: select_blocked_oldest
-- $1 creator_id, $2 after this place, $3 at most
SELECT
    seq,
    user_id,
    blocked_at
FROM blocked_gifter
WHERE
    creator_id = $1
    AND seq > $2
ORDER BY seq ASC
LIMIT $3;
