-- Gifts that their senders undo.

-- name: lock_gift
-- A settlement that is under way has ended, or waits.
-- $1 gift_id
SELECT gift_id
FROM gift
WHERE gift_id = $1
FOR NO KEY UPDATE;

-- name: insert_undo
-- The caller holds the gift's lock, and has seen that nobody asked for it before.
-- $1 gift_id, $2 asked_at
INSERT INTO gift_undo (gift_id, asked_at)
VALUES ($1, $2);

-- name: select_undos
-- $1 gift_ids
SELECT
    gift_id,
    asked_at
FROM gift_undo
WHERE gift_id = any($1::uuid[]);
