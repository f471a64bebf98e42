-- name: insert_event
-- Waits for a concurrent delivery of the same event; nothing is returned where it was there.
-- $1 rail, $2 event_id, $3 type, $4 about, $5 subject, $6 outcome, $7 received_at
INSERT INTO rail_event (rail, event_id, type, about, subject, outcome, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (rail, event_id) DO NOTHING
RETURNING event_id;

-- name: find_event
-- $1 rail, $2 event_id
SELECT
    event_id,
    type,
    about,
    subject
FROM rail_event
WHERE rail = $1 AND event_id = $2;

-- name: update_contradicted
-- It is open again where it had been resolved.
-- $1 rail, $2 event_id
UPDATE rail_event
SET
    outcome = 'contradicted',
    resolved_at = NULL
WHERE rail = $1 AND event_id = $2;

-- name: lock_subject
-- An account and an event that names it may arrive at the same moment, and neither finds the other:
-- this makes them take turns.
-- $1 rail, $2 subject
SELECT pg_advisory_xact_lock(hashtextextended('payouts.subject:' || $1 || ':' || $2, 0));

-- name: resolve_parked
-- What was told of something that is known from now on.
-- $1 rail, $2 subject, $3 moment
UPDATE rail_event
SET resolved_at = $3
WHERE rail = $1 AND subject = $2 AND outcome = 'parked' AND resolved_at IS NULL;

-- name: count_open_events
-- Events that a person has yet to look at.
-- $1 rail
SELECT count(*)
FROM rail_event
WHERE rail = $1 AND outcome <> 'applied' AND resolved_at IS NULL;
