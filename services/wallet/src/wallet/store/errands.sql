-- name: insert_errand
-- Once per cause.
-- $1 provider, $2 kind, $3 cause, $4 purchase_id, $5 payment_id, $6 asked_at, $7 late_at,
-- $8 deadline_at
INSERT INTO store_errand (
    provider,
    kind,
    cause,
    purchase_id,
    payment_id,
    asked_at,
    late_at,
    deadline_at,
    due_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $6)
ON CONFLICT (provider, kind, cause) DO NOTHING;

-- name: lock_due_errand
-- One that another worker has in hand is passed over.
-- $1 providers, $2 now
SELECT
    provider,
    kind,
    cause,
    purchase_id,
    payment_id,
    asked_at,
    late_at,
    deadline_at,
    attempts
FROM store_errand
WHERE outcome IS NULL AND due_at <= $2 AND provider = any($1::text[])
ORDER BY due_at
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: update_due
-- $1 provider, $2 kind, $3 cause, $4 due_at
UPDATE store_errand
SET
    attempts = attempts + 1,
    due_at = $4
WHERE provider = $1 AND kind = $2 AND cause = $3;

-- name: update_ended
-- Of two workers that did the same the first has said what came of it.
-- $1 provider, $2 kind, $3 cause, $4 outcome, $5 ended_at
UPDATE store_errand
SET
    outcome = $4,
    ended_at = $5
WHERE provider = $1 AND kind = $2 AND cause = $3 AND outcome IS NULL;

-- name: count_late_errands
-- $1 provider, $2 kind, $3 now
SELECT count(*)
FROM store_errand
WHERE outcome IS NULL AND provider = $1 AND kind = $2 AND late_at <= $3;

-- name: find_usage
-- Lots of a purchase are all in one account, whose charges are found by it.
-- $1 purchase_id
WITH bought AS (
    SELECT
        lot_id,
        account_id,
        coins
    FROM lot
    WHERE source_id = $1 AND source_kind = 'purchase'
)

SELECT
    coalesce((SELECT sum(coins) FROM bought), 0)::bigint AS coins,
    coalesce((
        SELECT -sum(s.coins)
        FROM movement_slice AS s
        WHERE
            s.account_id = (SELECT account_id FROM bought LIMIT 1)
            AND s.kind = 'charge'
            AND s.lot_id IN (SELECT lot_id FROM bought)
    ), 0)::bigint AS spent_coins,
    coalesce((SELECT consents FROM usage_consent WHERE purchase_id = $1), FALSE) AS consents;

-- name: upsert_consent
-- What was said last holds.
-- $1 purchase_id, $2 consents, $3 said_at
INSERT INTO usage_consent (purchase_id, consents, said_at)
VALUES ($1, $2, $3)
ON CONFLICT (purchase_id) DO UPDATE
    SET
        consents = excluded.consents,
        said_at = excluded.said_at
    WHERE usage_consent.consents <> excluded.consents;
