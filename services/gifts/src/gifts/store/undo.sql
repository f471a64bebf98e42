-- Gifts that are undone: by their senders, or by operators because their creators froze them.

-- name: lock_gifts
-- In id order. A settlement that is under way has ended, or waits.
-- $1 gift_ids
SELECT gift_id
FROM gift
WHERE gift_id = any($1::uuid[])
ORDER BY gift_id
FOR NO KEY UPDATE;

-- name: insert_undos
-- The caller holds the gifts' locks, and has seen that nobody asked for them before.
-- $1 gift_ids, $2 reason, $3 asked_at
INSERT INTO gift_undo (gift_id, reason, asked_at)
SELECT
    gift_id,
    $2,
    $3
FROM unnest($1::uuid[]) AS i (gift_id);

-- name: select_undos
-- $1 gift_ids
SELECT
    gift_id,
    asked_at,
    reason
FROM gift_undo
WHERE gift_id = any($1::uuid[]);
