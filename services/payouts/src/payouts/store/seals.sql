-- name: select_method_seals
-- Bank details that are sealed with another key than the newest, by the ids of their methods.
-- $1 the newest key's name, $2 from this id on, $3 at most
SELECT
    method_id AS id,
    sealed_details AS sealed
FROM payout_method
WHERE method_id >= $2 AND substring(sealed_details FROM 1 FOR 8) <> $1
ORDER BY method_id
LIMIT $3;

-- name: update_method_seals
-- Leaves out what is no longer as it was read.
-- $1 method ids, $2 seals before, $3 seals after
UPDATE payout_method AS method
SET sealed_details = given.sealed_after
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS given (id, sealed_before, sealed_after)
WHERE method.method_id = given.id AND method.sealed_details = given.sealed_before;

-- name: select_form_seals
-- The same of the numbers on tax forms.
-- $1 the newest key's name, $2 from this id on, $3 at most
SELECT
    form_id AS id,
    sealed_tax_id AS sealed
FROM tax_form
WHERE form_id >= $2 AND substring(sealed_tax_id FROM 1 FOR 8) <> $1
ORDER BY form_id
LIMIT $3;

-- name: update_form_seals
-- $1 form ids, $2 seals before, $3 seals after
UPDATE tax_form AS form
SET sealed_tax_id = given.sealed_after
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS given (id, sealed_before, sealed_after)
WHERE form.form_id = given.id AND form.sealed_tax_id = given.sealed_before;
