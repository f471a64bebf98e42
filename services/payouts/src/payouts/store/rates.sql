-- name: lock_rates
-- One publisher at a time; readers go on.
LOCK TABLE earning_rate IN SHARE ROW EXCLUSIVE MODE;

-- name: select_rates
-- Every version after $1, oldest first.
-- $1 version
SELECT
    version,
    effective_from,
    purchased_micro_diamonds_per_coin,
    bonus_micro_diamonds_per_coin,
    earned_micro_diamonds_per_coin,
    granted_micro_diamonds_per_coin,
    currency,
    diamond_micro_minor
FROM earning_rate
WHERE version > $1
ORDER BY version;

-- name: insert_rate
-- $1 version, $2 effective_from, $3 purchased, $4 bonus, $5 earned, $6 granted, $7 currency,
-- $8 diamond_micro_minor
INSERT INTO earning_rate (
    version,
    effective_from,
    purchased_micro_diamonds_per_coin,
    bonus_micro_diamonds_per_coin,
    earned_micro_diamonds_per_coin,
    granted_micro_diamonds_per_coin,
    currency,
    diamond_micro_minor
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
