-- name: insert_purchase
-- Nothing is returned where the id is taken.
-- $1 purchase_id, $2 user_id, $3 provider, $4 bundle_id, $5 price_book_version, $6 coins,
-- $7 bonus_coins, $8 amount_minor, $9 currency, $10 seller, $11 refund_window_days,
-- $12 bonus_expires_after_days, $13 created_at
INSERT INTO purchase (
    purchase_id,
    user_id,
    provider,
    bundle_id,
    price_book_version,
    coins,
    bonus_coins,
    amount_minor,
    currency,
    seller,
    refund_window_days,
    bonus_expires_after_days,
    created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (purchase_id) DO NOTHING
RETURNING purchase_id;

-- name: find_purchase
-- $1 purchase_id
SELECT
    purchase_id,
    user_id,
    provider,
    bundle_id,
    price_book_version,
    coins,
    bonus_coins,
    amount_minor,
    currency,
    seller,
    refund_window_days,
    bonus_expires_after_days,
    status,
    payment_id,
    checkout_url,
    created_at,
    paid_at,
    credited_at
FROM purchase
WHERE purchase_id = $1;

-- name: lock_buyer
-- After the reference, before any row.
-- $1 user_id
SELECT pg_advisory_xact_lock(hashtextextended('wallet.buyer:' || $1, 0));

-- name: count_purchases
-- A refunded purchase counts: who gives coins back has had the bundle.
-- $1 user_id, $2 bundle_id, $3 oldest creation of an order that counts although it is not paid
SELECT
    count(*) FILTER (WHERE bundle_id = $2) AS of_bundle,
    count(*) AS of_any
FROM purchase
WHERE
    user_id = $1
    AND status <> 'DECLINED'
    AND (status NOT IN ('CREATED', 'PENDING') OR created_at >= $3);

-- name: lock_purchases
-- Before accounts' rows, always: whoever moves a purchase on holds its row first. In the order of
-- the ids.
-- $1 purchase_ids
SELECT
    purchase_id,
    user_id,
    provider,
    bundle_id,
    price_book_version,
    coins,
    bonus_coins,
    amount_minor,
    currency,
    seller,
    refund_window_days,
    bonus_expires_after_days,
    status,
    payment_id,
    checkout_url,
    created_at,
    paid_at,
    credited_at
FROM purchase
WHERE purchase_id = any($1::uuid[])
ORDER BY purchase_id
FOR UPDATE;

-- name: select_purchases
-- $1 purchase_ids
SELECT
    purchase_id,
    user_id,
    provider,
    bundle_id,
    price_book_version,
    coins,
    bonus_coins,
    amount_minor,
    currency,
    seller,
    refund_window_days,
    bonus_expires_after_days,
    status,
    payment_id,
    checkout_url,
    created_at,
    paid_at,
    credited_at
FROM purchase
WHERE purchase_id = any($1::uuid[])
ORDER BY purchase_id;

-- name: update_to_pending
-- Where a webhook was faster the purchase has moved on already and only learns of its page; of two
-- answers to the same question the first stays.
-- $1 purchase_id, $2 payment_id: null where none was begun, $3 checkout_url
UPDATE purchase
SET
    status = CASE status WHEN 'CREATED' THEN 'PENDING' ELSE status END,
    payment_id = coalesce(payment_id, $2),
    checkout_url = coalesce(checkout_url, $3)
WHERE purchase_id = $1;

-- name: update_to_declined
-- $1 purchase_id, $2 payment_id: null where none was begun
UPDATE purchase
SET
    status = 'DECLINED',
    payment_id = coalesce(payment_id, $2)
WHERE purchase_id = $1;

-- name: update_to_paid
-- $1 purchase_id, $2 payment_id, $3 paid_at
UPDATE purchase
SET
    status = 'PAID',
    payment_id = $2,
    paid_at = $3
WHERE purchase_id = $1;

-- name: update_to_credited
-- $1 purchase_id, $2 credited_at
UPDATE purchase
SET
    status = 'CREDITED',
    credited_at = $2
WHERE purchase_id = $1;

-- name: update_statuses
-- Of purchases that were credited.
-- $1 purchase_ids, $2 statuses
UPDATE purchase AS p
SET status = i.status
FROM unnest($1::uuid[], $2::text[]) AS i (purchase_id, status)
WHERE p.purchase_id = i.purchase_id;

-- name: lock_payments
-- After the purchases' rows, always. Two purchases that claim one payment take turns: the second
-- sees that it is taken instead of breaking purchase_one_per_payment. In the order of the locks.
-- $1 provider, $2 payment_ids
SELECT pg_advisory_xact_lock(place)
FROM (
    SELECT DISTINCT hashtextextended('wallet.payment:' || $1 || ':' || payment_id, 0) AS place
    FROM unnest($2::text[]) AS i (payment_id)
    ORDER BY place
) AS places;

-- name: select_purchases_of_payments
-- $1 provider, $2 payment_ids
SELECT
    payment_id,
    purchase_id
FROM purchase
WHERE provider = $1 AND payment_id = any($2::text[]);
