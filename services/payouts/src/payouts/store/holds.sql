-- name: select_held
-- Payouts that are held since $1 or longer, the oldest first, after a position ($2, $3; null: from the
-- start); not locked, so look again.
-- $1 moment, $2 held since, $3 payout_id, $4 at most
SELECT
    payout_id,
    creator_id,
    moved_at
FROM payout
WHERE
    status = 'HELD'
    AND moved_at <= $1
    AND (moved_at, payout_id) > (
        coalesce($2::timestamptz, '-infinity'),
        coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY moved_at, payout_id
LIMIT $4;

-- name: insert_escalation
-- Nothing is returned where that hold was escalated before.
-- $1 payout_id, $2 held since, $3 moment
INSERT INTO payout_escalation (payout_id, held_at, escalated_at)
VALUES ($1, $2, $3)
ON CONFLICT (payout_id, held_at) DO NOTHING
RETURNING payout_id;

-- name: count_held
-- $1 held since then or longer
SELECT count(*)
FROM payout
WHERE status = 'HELD' AND moved_at <= $1;
