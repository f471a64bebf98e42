-- name: select_due_payouts
-- Queued payouts whose time has come, the first due first; not locked, so look again.
-- $1 moment, $2 at most
SELECT
    payout_id,
    creator_id
FROM payout
WHERE status = 'QUEUED' AND due_at <= $1
ORDER BY due_at, payout_id
LIMIT $2;

-- name: insert_sending
-- $1 payout_id, $2 rail, $3 moment of the first try
INSERT INTO payout_sending (payout_id, rail, next_at)
VALUES ($1, $2, $3);

-- name: claim_sendings
-- Submitted payouts that their rail is to be asked about now. Counting the try here, before anybody
-- is asked, is what lets a later one know that the rail may have the order already. Rows that another
-- worker is at are passed over. Pauses double with each try.
-- $1 rail, $2 moment, $3 the first pause in seconds, $4 the longest, $5 at most
UPDATE payout_sending AS s
SET
    tries = s.tries + 1,
    next_at = $2::timestamptz
    + make_interval(secs => least($3::double precision * 2 ^ least(s.tries, 20), $4))
FROM (
    SELECT d.payout_id
    FROM payout_sending AS d
    INNER JOIN payout AS p USING (payout_id)
    WHERE d.rail = $1 AND d.next_at <= $2 AND d.accepted_at IS NULL AND p.status = 'SUBMITTED'
    ORDER BY d.next_at
    LIMIT $5
    FOR UPDATE OF d SKIP LOCKED
) AS due
WHERE s.payout_id = due.payout_id
RETURNING s.payout_id, s.tries;

-- name: update_accepted
-- $1 payout_id, $2 moment
UPDATE payout_sending
SET
    accepted_at = coalesce(accepted_at, $2),
    waits_for = NULL
WHERE payout_id = $1;

-- name: update_waiting
-- $1 payout_id, $2 what for
UPDATE payout_sending
SET waits_for = $2
WHERE payout_id = $1 AND accepted_at IS NULL;

-- name: select_waiting_for
-- $1 payout_ids
SELECT
    payout_id,
    waits_for
FROM payout_sending
WHERE payout_id = any($1::uuid[]) AND waits_for IS NOT NULL;

-- name: lock_cursor
-- One reader of a rail's changes at a time.
-- $1 rail
INSERT INTO rail_cursor AS c (rail, after_seq)
VALUES ($1, 0)
ON CONFLICT (rail) DO UPDATE SET after_seq = c.after_seq
RETURNING after_seq;

-- name: find_cursor
-- $1 rail
SELECT after_seq
FROM rail_cursor
WHERE rail = $1;

-- name: move_cursor
-- $1 rail, $2 seq
UPDATE rail_cursor
SET after_seq = $2
WHERE rail = $1;

-- name: insert_change
-- $1 rail, $2 seq, $3 transfer_key, $4 status, $5 amount_minor, $6 currency, $7 reason, $8 effect,
-- $9 moment
INSERT INTO rail_change (
    rail, seq, transfer_key, status, amount_minor, currency, reason, effect, read_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);
