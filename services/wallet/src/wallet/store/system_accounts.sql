-- name: add_to_system_accounts
-- In name order, so that two who write the same ones queue instead of deadlocking.
-- $1 names, $2 shards, $3 debits, $4 credits
INSERT INTO system_account AS s (name, shard, debits_coins, credits_coins)
SELECT
    name,
    shard,
    debits_coins,
    credits_coins
FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[])
    AS i (name, shard, debits_coins, credits_coins)
ORDER BY
    name,
    shard
ON CONFLICT (name, shard) DO UPDATE
    SET
        debits_coins = s.debits_coins + excluded.debits_coins,
        credits_coins = s.credits_coins + excluded.credits_coins;

-- name: sum_system_accounts
-- What ever came into each and went out of it: as many rows as there are accounts and shards.
SELECT
    name,
    sum(debits_coins)::bigint AS debits_coins,
    sum(credits_coins)::bigint AS credits_coins
FROM system_account
GROUP BY name;
