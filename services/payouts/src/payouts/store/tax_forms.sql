-- name: insert_form
-- Nothing is returned where the id is taken.
-- $1 form_id, $2 creator_id, $3 kind, $4 country, $5 claims_treaty, $6 display, $7 sealed_tax_id,
-- $8 submitted_at, $9 valid_until
INSERT INTO tax_form (
    form_id,
    creator_id,
    kind,
    country,
    claims_treaty,
    display,
    sealed_tax_id,
    submitted_at,
    valid_until,
    moved_at,
    moved_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $2)
ON CONFLICT (form_id) DO NOTHING
RETURNING form_id;

-- name: find_form
-- $1 form_id
SELECT
    form_id,
    creator_id,
    kind,
    country,
    claims_treaty,
    display,
    submitted_at,
    valid_until,
    status,
    verified_at,
    reason
FROM tax_form
WHERE form_id = $1;

-- name: find_sealed_tax_id
-- $1 form_id
SELECT sealed_tax_id
FROM tax_form
WHERE form_id = $1;

-- name: find_form_that_counts
-- The newest that was ever verified, even if it was rejected since: what came before it was
-- contradicted by it.
-- $1 creator_id
SELECT
    form_id,
    creator_id,
    kind,
    country,
    claims_treaty,
    display,
    submitted_at,
    valid_until,
    status,
    verified_at,
    reason
FROM tax_form
WHERE creator_id = $1 AND verified_at IS NOT NULL
ORDER BY verified_at DESC, form_id DESC
LIMIT 1;

-- name: update_form
-- Returns nothing where the form is no longer as it was.
-- $1 form_id, $2 status before, $3 status after, $4 moment, $5 actor, $6 reason
UPDATE tax_form
SET
    status = $3,
    verified_at = CASE $3 WHEN 'VERIFIED' THEN $4::timestamptz ELSE verified_at END,
    moved_at = $4,
    moved_by = $5,
    reason = $6
WHERE form_id = $1 AND status = $2
RETURNING form_id;

-- name: select_forms
-- A creator's forms, newest first, before the position ($2, $3; null: from the start).
-- $1 creator_id, $2 submitted_at, $3 form_id, $4 at most
SELECT
    form_id,
    creator_id,
    kind,
    country,
    claims_treaty,
    display,
    submitted_at,
    valid_until,
    status,
    verified_at,
    reason
FROM tax_form
WHERE
    creator_id = $1
    AND (submitted_at, form_id) < (
        coalesce($2::timestamptz, 'infinity'),
        coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY submitted_at DESC, form_id DESC
LIMIT $4;

-- name: select_forms_backward
-- The same, oldest first, after the position.
-- $1 creator_id, $2 submitted_at, $3 form_id, $4 at most
SELECT
    form_id,
    creator_id,
    kind,
    country,
    claims_treaty,
    display,
    submitted_at,
    valid_until,
    status,
    verified_at,
    reason
FROM tax_form
WHERE
    creator_id = $1
    AND (submitted_at, form_id) > (
        coalesce($2::timestamptz, '-infinity'),
        coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY submitted_at, form_id
LIMIT $4;
