-- Puts every viewer under all three limits, none of which they reach.
INSERT INTO spend_limits (
    account_id,
    version,
    account_version,
    set_at,
    set_by,
    policy_version,
    day_coins,
    week_coins,
    creator_day_coins
)
SELECT
    account_id,
    1,
    version,
    now(),
    owner_id,
    1,
    100000000,
    500000000,
    50000000
FROM account;

UPDATE account SET limits_version = 1;
