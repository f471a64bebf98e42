-- Makes purchases of every viewer's 400 bought coins, so that they can be taken back: moved on to
-- CREDITED step by step, as the database wants it.
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
    created_at
)
SELECT
    l.source_id,
    a.owner_id,
    'sandbox',
    'us-400',
    1,
    l.coins,
    0,
    500,
    'USD',
    'Largesse Inc.',
    14,
    l.acquired_at
FROM lot AS l
INNER JOIN account AS a ON l.account_id = a.account_id
WHERE l.class = 'purchased' AND l.coins = 400;

UPDATE purchase
SET
    status = 'PAID',
    payment_id = 'pay_' || purchase_id,
    paid_at = created_at;

UPDATE purchase
SET
    status = 'CREDITED',
    credited_at = paid_at;
