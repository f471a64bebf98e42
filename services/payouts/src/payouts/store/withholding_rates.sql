-- name: lock_tables
-- One publisher at a time; readers go on.
LOCK TABLE withholding_rates IN SHARE ROW EXCLUSIVE MODE;

-- name: select_tables
-- Every version, oldest first.
SELECT document
FROM withholding_rates
ORDER BY version;

-- name: find_table_in_force
-- $1 moment
SELECT document
FROM withholding_rates
WHERE effective_from <= $1
ORDER BY effective_from DESC
LIMIT 1;

-- name: find_table
-- $1 version
SELECT document
FROM withholding_rates
WHERE version = $1;

-- name: insert_table
-- $1 version, $2 effective_from, $3 document
INSERT INTO withholding_rates (version, effective_from, document)
VALUES ($1, $2, $3);
