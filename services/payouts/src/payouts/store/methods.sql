-- name: insert_method
-- Nothing is returned where the id is taken.
-- $1 method_id, $2 creator_id, $3 rail, $4 country, $5 currency, $6 display, $7 sealed_details,
-- $8 terms_version, $9 added_at, $10 usable_from
INSERT INTO payout_method (
    method_id,
    creator_id,
    rail,
    country,
    currency,
    display,
    sealed_details,
    terms_version,
    added_at,
    usable_from,
    moved_at,
    moved_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $2)
ON CONFLICT (method_id) DO NOTHING
RETURNING method_id;

-- name: find_method
-- $1 method_id
SELECT
    method_id,
    creator_id,
    rail,
    country,
    currency,
    display,
    status,
    usable_from,
    added_at,
    reason
FROM payout_method
WHERE method_id = $1;

-- name: find_sealed_details
-- $1 method_id
SELECT sealed_details
FROM payout_method
WHERE method_id = $1;

-- name: find_any_method
-- Whether a creator ever had a method, disabled ones included.
-- $1 creator_id
SELECT exists(SELECT FROM payout_method WHERE creator_id = $1);

-- name: select_pending
-- Methods that their rail has not confirmed, longest waiting first.
-- $1 rails, $2 at most
SELECT
    method_id,
    creator_id,
    rail,
    country,
    currency,
    display,
    status,
    usable_from,
    added_at,
    reason
FROM payout_method
WHERE status = 'PENDING' AND rail = any($1::text[])
ORDER BY added_at
LIMIT $2;

-- name: select_pending_of
-- A creator's methods that a rail has not confirmed.
-- $1 creator_id, $2 rail
SELECT
    method_id,
    creator_id,
    rail,
    country,
    currency,
    display,
    status,
    usable_from,
    added_at,
    reason
FROM payout_method
WHERE creator_id = $1 AND rail = $2 AND status = 'PENDING'
ORDER BY added_at, method_id;

-- name: update_method
-- Returns nothing where the method is no longer as it was.
-- $1 method_id, $2 status before, $3 status after, $4 moment, $5 actor, $6 reason
UPDATE payout_method
SET
    status = $3,
    moved_at = $4,
    moved_by = $5,
    reason = $6
WHERE method_id = $1 AND status = $2
RETURNING method_id;

-- name: select_methods
-- A creator's methods, newest first, before the position ($2, $3; null: from the start).
-- $1 creator_id, $2 added_at, $3 method_id, $4 at most
SELECT
    method_id,
    creator_id,
    rail,
    country,
    currency,
    display,
    status,
    usable_from,
    added_at,
    reason
FROM payout_method
WHERE
    creator_id = $1
    AND (added_at, method_id) < (
        coalesce($2::timestamptz, 'infinity'),
        coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY added_at DESC, method_id DESC
LIMIT $4;

-- name: select_methods_backward
-- The same, oldest first, after the position.
-- $1 creator_id, $2 added_at, $3 method_id, $4 at most
SELECT
    method_id,
    creator_id,
    rail,
    country,
    currency,
    display,
    status,
    usable_from,
    added_at,
    reason
FROM payout_method
WHERE
    creator_id = $1
    AND (added_at, method_id) > (
        coalesce($2::timestamptz, '-infinity'),
        coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY added_at, method_id
LIMIT $4;
