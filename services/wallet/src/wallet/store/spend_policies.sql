-- name: lock_spend_policies
-- Publishers take turns: whoever comes second sees what the first has published.
SELECT pg_advisory_xact_lock(hashtext('wallet.spend_policy'));

-- name: select_spend_policies
SELECT document
FROM spend_policy
ORDER BY version;

-- name: find_spend_policy_in_force
-- $1 now
SELECT document
FROM spend_policy
WHERE effective_from <= $1
ORDER BY effective_from DESC
LIMIT 1;

-- name: insert_spend_policy
-- $1 version, $2 effective_from, $3 raise_after_hours, $4 remove_after_hours, $5 document
INSERT INTO spend_policy (
    version, effective_from, raise_after_hours, remove_after_hours, document
)
VALUES ($1, $2, $3, $4, $5);
