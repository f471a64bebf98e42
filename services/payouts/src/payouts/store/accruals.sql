-- name: select_accruals
-- $1 gift_ids
SELECT
    gift_id,
    creator_id,
    coins,
    micro_diamonds,
    rate_version,
    sent_at,
    lot_ids,
    lot_classes,
    slice_coins,
    slice_micro_diamonds,
    matures_on,
    sender_id,
    item_id
FROM accrual
WHERE gift_id = any($1::uuid[]);
