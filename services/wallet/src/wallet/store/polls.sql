-- name: ensure_poll
-- $1 provider, $2 now
INSERT INTO store_poll (provider, due_at)
VALUES ($1, $2)
ON CONFLICT (provider) DO NOTHING;

-- name: take_poll
-- Nothing is returned where the list is not due, or another worker reads it.
-- $1 provider, $2 now, $3 when it is due again
WITH due AS (
    SELECT provider
    FROM store_poll
    WHERE provider = $1 AND due_at <= $2
    FOR UPDATE SKIP LOCKED
)

UPDATE store_poll AS p
SET due_at = $3
FROM due
WHERE p.provider = due.provider
RETURNING p.read_until;

-- name: update_read_until
-- Of two workers that read the same the later reading stays.
-- $1 provider, $2 read_until
UPDATE store_poll
SET read_until = greatest(read_until, $2)
WHERE provider = $1;

-- name: find_read_until
-- $1 provider
SELECT read_until
FROM store_poll
WHERE provider = $1;
