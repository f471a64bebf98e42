-- name: measure_open
-- How many payouts are open by status, and since when the oldest has it: a queued one since it was due.
-- One row per status, from the index of each.
SELECT
    'HELD' AS status,
    count(*) AS payouts,
    min(moved_at) AS since
FROM payout
WHERE status = 'HELD'
UNION ALL
SELECT
    'QUEUED' AS status,
    count(*) AS payouts,
    min(due_at) AS since
FROM payout
WHERE status = 'QUEUED'
UNION ALL
SELECT
    'SUBMITTED' AS status,
    count(*) AS payouts,
    min(moved_at) AS since
FROM payout
WHERE status = 'SUBMITTED';

-- name: count_open_breaks
SELECT count(*)
FROM payout_break
WHERE status IN ('OPEN', 'PROPOSED');
