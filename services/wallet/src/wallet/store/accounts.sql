-- name: select_accounts
-- $1 owner_ids
SELECT
    account_id,
    owner_id,
    version,
    credits_coins - debits_coins AS coins,
    debt_coins,
    lot_ids,
    lot_coins,
    limits_version,
    debits_coins
FROM account
WHERE owner_id = any($1::text[]);

-- name: lock_accounts
-- In id order, so that two who lock several queue instead of deadlocking.
-- $1 owner_ids
SELECT
    account_id,
    owner_id,
    version,
    credits_coins - debits_coins AS coins,
    debt_coins,
    lot_ids,
    lot_coins,
    limits_version,
    debits_coins
FROM account
WHERE owner_id = any($1::text[])
ORDER BY account_id
FOR NO KEY UPDATE;

-- name: lock_accounts_unless_busy
-- For work that can wait: never stands in line behind a charge, and so in nobody's way.
-- $1 account_ids
SELECT
    account_id,
    owner_id,
    version,
    credits_coins - debits_coins AS coins,
    debt_coins,
    lot_ids,
    lot_coins,
    limits_version,
    debits_coins
FROM account
WHERE account_id = any($1::bigint[])
ORDER BY account_id
FOR NO KEY UPDATE SKIP LOCKED;

-- name: ensure_accounts
-- $1 owner_ids
INSERT INTO account (owner_id)
SELECT owner_id
FROM unnest($1::text[]) AS i (owner_id)
ON CONFLICT DO NOTHING;

-- name: debit_accounts
-- Takes coins from the front of each account's open lots, if the account is as it was read: the
-- caller compares the number of rows. Given in id order. `closed` lots leave, `taken` coins come
-- off the one that is then the first.
-- The arrays come as text: see arrays.py.
-- $1 account_ids, $2 versions read, $3 movements, $4 coins, $5 closed lots, $6 taken,
-- $7 versions of the limits read
UPDATE account AS a
SET
    version = a.version + d.movements,
    debits_coins = a.debits_coins + d.coins,
    lot_ids = CASE
        WHEN d.closed = 0 THEN a.lot_ids
        ELSE a.lot_ids[d.closed + 1:]
    END,
    lot_coins = CASE
        WHEN d.closed = cardinality(a.lot_coins) THEN '{}'
        ELSE ARRAY[a.lot_coins[d.closed + 1] - d.taken] || a.lot_coins[d.closed + 2:]
    END
FROM unnest(
    $1::text::bigint[],
    $2::text::bigint[],
    $3::text::integer[],
    $4::text::bigint[],
    $5::text::integer[],
    $6::text::bigint[],
    $7::text::integer[]
) AS d (account_id, version, movements, coins, closed, taken, limits_version)
WHERE
    a.account_id = d.account_id
    AND a.version = d.version
    AND a.limits_version = d.limits_version;

-- name: lock_untouched
-- Which of these accounts the transaction at hand has not written, as they are now. In id order.
-- $1 account_ids, as text: see arrays.py
SELECT
    account_id,
    owner_id,
    version,
    credits_coins - debits_coins AS coins,
    debt_coins,
    lot_ids,
    lot_coins,
    limits_version,
    debits_coins
FROM account
WHERE account_id = any($1::text::bigint[]) AND xmin <> pg_current_xact_id()::xid
ORDER BY account_id
FOR NO KEY UPDATE;

-- name: credit_account
-- The caller holds the row's lock and gives the open lots as they are with the new ones.
-- $1 account_id, $2 version, $3 coins credited, $4 lot_ids, $5 lot_coins
UPDATE account AS a
SET
    version = $2,
    credits_coins = a.credits_coins + $3,
    lot_ids = $4,
    lot_coins = $5
WHERE a.account_id = $1;

-- name: update_limits_version
-- The caller holds the row's lock.
-- $1 account_id, $2 limits_version
UPDATE account
SET limits_version = $2
WHERE account_id = $1;
