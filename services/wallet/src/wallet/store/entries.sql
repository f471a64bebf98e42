-- name: update_accounts
-- The caller holds the rows' locks and gives the open lots and the debt as they are afterwards. The
-- lots of each account are text, since arrays of arrays would have to be equally long.
-- $1 account_ids, $2 versions, $3 coins credited, $4 coins debited, $5 debt_coins, $6 lot_ids,
-- $7 lot_coins
UPDATE account AS a
SET
    version = i.version,
    credits_coins = a.credits_coins + i.credited_coins,
    debits_coins = a.debits_coins + i.debited_coins,
    debt_coins = i.debt_coins,
    lot_ids = i.lot_ids::bigint[],
    lot_coins = i.lot_coins::bigint[]
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[]
) AS i (account_id, version, credited_coins, debited_coins, debt_coins, lot_ids, lot_coins)
WHERE a.account_id = i.account_id;

-- name: insert_transfers
-- $1 transfer_ids, $2 cause_ids, $3 debits, $4 credits, $5 shards, $6 coins, $7 posted_at
INSERT INTO transfer (transfer_id, cause_id, debit, credit, shard, coins, posted_at)
SELECT
    transfer_id,
    cause_id,
    debit,
    credit,
    shard,
    coins,
    posted_at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::bigint[], $7::timestamptz[]
) AS i (transfer_id, cause_id, debit, credit, shard, coins, posted_at);

-- name: insert_debts
-- In the order given.
-- $1 entry_ids, $2 account_ids, $3 kinds, $4 coins, $5 debts after, $6 lot_ids, $7 is_expired,
-- $8 posted_at
INSERT INTO debt_entry (
    entry_id, account_id, kind, coins, debt_coins, lot_id, is_expired, posted_at
)
SELECT
    entry_id,
    account_id,
    kind,
    coins,
    debt_coins,
    lot_id,
    is_expired,
    posted_at
FROM unnest(
    $1::uuid[],
    $2::bigint[],
    $3::text[],
    $4::bigint[],
    $5::bigint[],
    $6::bigint[],
    $7::boolean[],
    $8::timestamptz[]
) WITH ORDINALITY
    AS i (entry_id, account_id, kind, coins, debt_coins, lot_id, is_expired, posted_at, place)
ORDER BY place;
