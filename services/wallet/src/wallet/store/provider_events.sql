-- name: lock_reference
-- A purchase and a payment that names it may arrive at the same moment, and neither finds the
-- other: this makes them take turns.
-- $1 reference
SELECT pg_advisory_xact_lock(hashtextextended('wallet.reference:' || $1, 0));

-- name: insert_delivery
-- $1 provider, $2 event_id, $3 body, $4 received_at
INSERT INTO provider_delivery (provider, event_id, body, received_at)
VALUES ($1, $2, $3, $4);

-- name: insert_event
-- Waits for a concurrent delivery of the same event; nothing is returned where it was there.
-- $1 provider, $2 event_id, $3 type, $4 payment_outcome, $5 payment_id, $6 reference,
-- $7 amount_minor, $8 currency, $9 claim, $10 bundle_id, $11 quantity, $12 outcome,
-- $13 received_at
INSERT INTO provider_event (
    provider,
    event_id,
    type,
    payment_outcome,
    payment_id,
    reference,
    amount_minor,
    currency,
    claim,
    bundle_id,
    quantity,
    outcome,
    received_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (provider, event_id) DO NOTHING
RETURNING event_id;

-- name: find_event
-- $1 provider, $2 event_id
SELECT
    event_id,
    type,
    payment_outcome,
    payment_id,
    reference,
    amount_minor,
    currency,
    claim,
    bundle_id,
    quantity
FROM provider_event
WHERE provider = $1 AND event_id = $2;

-- name: update_outcome
-- $1 provider, $2 event_id, $3 outcome
UPDATE provider_event
SET outcome = $3
WHERE provider = $1 AND event_id = $2;

-- name: select_parked
-- $1 provider, $2 reference
SELECT
    event_id,
    type,
    payment_outcome,
    payment_id,
    reference,
    amount_minor,
    currency,
    claim,
    bundle_id,
    quantity
FROM provider_event
WHERE provider = $1 AND reference = $2 AND outcome = 'parked'
ORDER BY received_at, event_id
FOR UPDATE;

-- name: select_waiting
-- What names a payment alone, which no purchase had when it came.
-- $1 provider, $2 payment_id
SELECT
    event_id,
    type,
    payment_outcome,
    payment_id,
    reference,
    amount_minor,
    currency,
    claim,
    bundle_id,
    quantity
FROM provider_event
WHERE provider = $1 AND payment_id = $2 AND outcome = 'parked' AND reference IS NULL
ORDER BY received_at, event_id
FOR UPDATE;

-- name: select_claims_told
-- What was told of a payment's way back, but for events that were about something else.
-- $1 provider, $2 payment_id
SELECT claim
FROM provider_event
WHERE provider = $1 AND payment_id = $2 AND claim IS NOT NULL AND outcome <> 'mismatched';

-- name: raise_alarm
-- One per event, with its latest reason; it is open again where it had been resolved.
-- $1 provider, $2 event_id, $3 reason, $4 raised_at
INSERT INTO provider_alarm (provider, event_id, reason, raised_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (provider, event_id) DO UPDATE
    SET
        reason = excluded.reason,
        raised_at = excluded.raised_at,
        resolved_at = NULL;

-- name: resolve_alarm
-- $1 provider, $2 event_id, $3 resolved_at
UPDATE provider_alarm
SET resolved_at = $3
WHERE provider = $1 AND event_id = $2 AND resolved_at IS NULL;

-- name: count_open_alarms
-- $1 provider
SELECT count(*)
FROM provider_alarm
WHERE provider = $1 AND resolved_at IS NULL;
