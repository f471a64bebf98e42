-- name: lock_told
-- A purchase and a payment that names it may arrive at the same moment, and neither finds the other:
-- this makes them take turns, and copies of one event of a provider as well. In the order of the
-- locks.
-- $1 references, $2 provider, $3 event_ids
SELECT pg_advisory_xact_lock(place)
FROM (
    SELECT hashtextextended('wallet.reference:' || reference, 0) AS place
    FROM unnest($1::text[]) AS i (reference)
    UNION
    SELECT hashtextextended('wallet.event:' || $2 || ':' || event_id, 0) AS place
    FROM unnest($3::text[]) AS i (event_id)
    ORDER BY place
) AS places;

-- name: insert_deliveries
-- $1 provider, $2 event_ids, $3 bodies, $4 received_at
INSERT INTO provider_delivery (provider, event_id, body, received_at)
SELECT
    $1,
    event_id,
    body,
    $4
FROM unnest($2::text[], $3::bytea[]) AS i (event_id, body);

-- name: insert_events
-- Those that are there stay as they are.
-- $1 provider, $2 event_ids, each once, $3 types, $4 payment_outcomes, $5 payment_ids,
-- $6 references, $7 amount_minor, $8 currencies, $9 claims, $10 bundle_ids, $11 quantities,
-- $12 outcomes, $13 received_at
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
SELECT
    $1,
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
    $13
FROM unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
    $9::text[], $10::text[], $11::integer[], $12::text[]
) AS i (
    event_id, type, payment_outcome, payment_id, reference, amount_minor, currency, claim, bundle_id,
    quantity, outcome
)
ON CONFLICT (provider, event_id) DO NOTHING;

-- name: select_events
-- $1 provider, $2 event_ids
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
WHERE provider = $1 AND event_id = any($2::text[]);

-- name: update_outcomes
-- The ids twice, so that a plan made while the table was small goes by the whole key as well.
-- $1 provider, $2 event_ids, $3 outcomes
UPDATE provider_event AS e
SET outcome = i.outcome
FROM unnest($2::text[], $3::text[]) AS i (event_id, outcome)
WHERE e.provider = $1 AND e.event_id = any($2::text[]) AND e.event_id = i.event_id;

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
-- What was told of payments' ways back, but for events that were about something else.
-- $1 provider, $2 payment_ids
SELECT
    payment_id,
    claim
FROM provider_event
WHERE
    provider = $1
    AND payment_id = any($2::text[])
    AND claim IS NOT NULL
    AND outcome <> 'mismatched';

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

-- name: resolve_alarms
-- $1 provider, $2 event_ids, $3 resolved_at
UPDATE provider_alarm
SET resolved_at = $3
WHERE provider = $1 AND event_id = any($2::text[]) AND resolved_at IS NULL;

-- name: count_open_alarms
-- $1 provider
SELECT count(*)
FROM provider_alarm
WHERE provider = $1 AND resolved_at IS NULL;
