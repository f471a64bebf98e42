-- name: lock_terms
-- One publisher at a time; readers go on.
LOCK TABLE payout_terms IN SHARE ROW EXCLUSIVE MODE;

-- name: select_terms
-- Every version, oldest first.
SELECT document
FROM payout_terms
ORDER BY version;

-- name: find_terms_in_force
-- $1 moment
SELECT document
FROM payout_terms
WHERE effective_from <= $1
ORDER BY effective_from DESC
LIMIT 1;

-- name: insert_terms
-- $1 version, $2 effective_from, $3 document
INSERT INTO payout_terms (version, effective_from, document)
VALUES ($1, $2, $3);
