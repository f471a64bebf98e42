-- name: select_submitted
-- Every payout that was ever submitted to a rail.
-- $1 rail
SELECT
    p.payout_id,
    p.status,
    p.net_minor,
    p.currency,
    s.accepted_at
FROM payout_sending AS s
INNER JOIN payout AS p USING (payout_id)
WHERE s.rail = $1;

-- name: insert_break
-- Returns nothing where the break is known.
-- $1 break_id, $2 rail, $3 kind, $4 transfer_key, $5 payout_id, $6 their_status,
-- $7 their_amount_minor, $8 their_currency, $9 repair, $10 found_at
INSERT INTO payout_break (
    break_id,
    rail,
    kind,
    transfer_key,
    payout_id,
    their_status,
    their_amount_minor,
    their_currency,
    repair,
    found_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (rail, kind, transfer_key) WHERE status IN ('OPEN', 'PROPOSED') DO NOTHING
RETURNING break_id;

-- name: select_open_breaks
-- $1 rail
SELECT
    break_id,
    kind,
    transfer_key
FROM payout_break
WHERE rail = $1 AND status IN ('OPEN', 'PROPOSED')
ORDER BY break_id
FOR UPDATE;

-- name: lock_break
-- To be read afterwards: what was proposed while this waited is only seen by the next statement.
-- $1 break_id
SELECT break_id
FROM payout_break
WHERE break_id = $1
FOR UPDATE;

-- name: find_break
-- $1 break_id
SELECT
    break_id,
    rail,
    kind,
    transfer_key,
    payout_id,
    their_status,
    repair,
    found_at,
    status,
    proposed_by,
    proposal_reason
FROM payout_break_and_proposal
WHERE break_id = $1;

-- name: update_proposed
-- $1 break_id
UPDATE payout_break
SET status = 'PROPOSED'
WHERE break_id = $1;

-- name: update_repaired
-- $1 break_id, $2 moment
UPDATE payout_break
SET
    status = 'REPAIRED',
    ended_at = $2
WHERE break_id = $1;

-- name: update_gone
-- $1 break_ids, $2 moment
UPDATE payout_break
SET
    status = 'GONE',
    ended_at = $2
WHERE break_id = any($1::uuid[]);

-- name: update_order_again
-- The next try asks the rail first, as every try after the first does.
-- $1 payout_id, $2 moment
UPDATE payout_sending
SET
    accepted_at = NULL,
    next_at = $2
WHERE payout_id = $1;

-- name: select_breaks
-- Newest first, before the position ($1, $2; null: from the start).
-- $1 found_at, $2 break_id, $3 at most
SELECT
    break_id,
    rail,
    kind,
    transfer_key,
    payout_id,
    their_status,
    repair,
    found_at,
    status,
    proposed_by,
    proposal_reason
FROM payout_break_and_proposal
WHERE (found_at, break_id) < (
    coalesce($1::timestamptz, 'infinity'),
    coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
)
ORDER BY found_at DESC, break_id DESC
LIMIT $3;

-- name: select_breaks_backward
-- Oldest first, after the position.
-- $1 found_at, $2 break_id, $3 at most
SELECT
    break_id,
    rail,
    kind,
    transfer_key,
    payout_id,
    their_status,
    repair,
    found_at,
    status,
    proposed_by,
    proposal_reason
FROM payout_break_and_proposal
WHERE (found_at, break_id) > (
    coalesce($1::timestamptz, '-infinity'),
    coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
)
ORDER BY found_at, break_id
LIMIT $3;
