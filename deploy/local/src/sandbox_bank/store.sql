-- name: find_behaviour
-- :account
SELECT outcome, reason, delay_s, silence_s, is_known
FROM behaviour
WHERE account IN (:account, '*')
ORDER BY account = '*'
LIMIT 1;

-- name: set_behaviour
-- :account, :outcome, :reason, :delay_s, :silence_s, :is_known
INSERT OR REPLACE INTO behaviour (account, outcome, reason, delay_s, silence_s, is_known)
VALUES (:account, :outcome, :reason, :delay_s, :silence_s, :is_known);

-- name: set_funds
-- :currency, :amount_minor
INSERT OR REPLACE INTO funds (currency, amount_minor) VALUES (:currency, :amount_minor);

-- name: forget_funds
-- :currency
DELETE FROM funds WHERE currency = :currency;

-- name: find_funds
-- :currency
SELECT amount_minor FROM funds WHERE currency = :currency;

-- name: take_funds
-- :currency, :amount_minor: negative to give them back
UPDATE funds SET amount_minor = amount_minor - :amount_minor WHERE currency = :currency;

-- name: insert_transfer
-- :key, :amount_minor, :currency, :holder, :country, :account, :bank_code, :accepted_at,
-- :next_status, :next_reason, :next_at
INSERT INTO transfer (
    key, amount_minor, currency, holder, country, account, bank_code, status, accepted_at,
    next_status, next_reason, next_at
)
VALUES (
    :key, :amount_minor, :currency, :holder, :country, :account, :bank_code, 'pending',
    :accepted_at, :next_status, :next_reason, :next_at
);

-- name: find_transfer
-- :key
SELECT key, amount_minor, currency, holder, country, account, bank_code, status, reason, accepted_at
FROM transfer
WHERE key = :key;

-- name: select_transfers
-- All, in the order in which they were accepted.
SELECT key, amount_minor, currency, holder, country, account, bank_code, status, reason, accepted_at
FROM transfer
ORDER BY accepted_at, key;

-- name: select_due
-- What has come to its next step, the first first. :now
SELECT key, amount_minor, currency, account, next_status, next_reason, next_at
FROM transfer
WHERE next_at <= :now
ORDER BY next_at, key;

-- name: move_transfer
-- :key, :status, :reason, :next_status, :next_reason, :next_at
UPDATE transfer
SET status = :status, reason = :reason, next_status = :next_status, next_reason = :next_reason,
    next_at = :next_at
WHERE key = :key;

-- name: insert_change
-- :key, :status, :reason, :at
INSERT INTO change (key, status, reason, at) VALUES (:key, :status, :reason, :at);

-- name: select_changes
-- :after, :limit
SELECT seq, key, c.status, c.reason, at, amount_minor, currency
FROM change AS c
INNER JOIN transfer USING (key)
WHERE seq > :after
ORDER BY seq
LIMIT :limit;
