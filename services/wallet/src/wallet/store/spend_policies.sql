-- name: lock_spend_policies
-- Publishers take turns: whoever comes second sees what the first has published.
SELECT pg_advisory_xact_lock(hashtext('wallet.spend_policy'));

-- name: select_spend_policies
SELECT document
FROM spend_policy
ORDER BY version;

-- name: select_cap_policies
-- With the ids of its caps, in the order in which it lists them.
SELECT
    p.document,
    coalesce(
        array_agg(c.caps_id ORDER BY c.position) FILTER (WHERE c.caps_id IS NOT NULL), '{}'
    ) AS caps_ids
FROM spend_policy AS p
LEFT JOIN platform_caps AS c ON p.version = c.policy_version
GROUP BY p.version
ORDER BY p.version;

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

-- name: insert_platform_caps
-- $1 policy_version, $2 coins in one charge, $3 in a day, $4 in a week; in the policy's order
INSERT INTO platform_caps (policy_version, position, charge_coins, day_coins, week_coins)
SELECT
    $1,
    position,
    charge_coins,
    day_coins,
    week_coins
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[])
    WITH ORDINALITY AS i (charge_coins, day_coins, week_coins, position)
ORDER BY position;
