-- name: measure_open
-- How many payouts are open by status, and since when the oldest has it: a queued one since it was due.
-- One row per status, from the index of each. Of those that are submitted, those that their rail has not
-- taken are told apart.
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
WHERE status = 'SUBMITTED'
UNION ALL
SELECT
    'UNACCEPTED' AS status,
    count(*) AS payouts,
    min(p.moved_at) AS since
FROM payout_sending AS s
INNER JOIN payout AS p ON s.payout_id = p.payout_id AND p.status = 'SUBMITTED'
WHERE s.accepted_at IS NULL;

-- name: count_open_breaks
SELECT count(*)
FROM payout_break
WHERE status IN ('OPEN', 'PROPOSED');
