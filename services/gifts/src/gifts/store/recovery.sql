-- name: select_unknown
-- $1 gift_ids
SELECT i.gift_id
FROM unnest($1::uuid[]) AS i (gift_id)
WHERE NOT EXISTS (SELECT FROM gift AS g WHERE g.gift_id = i.gift_id);

-- name: insert_recovered
-- Gifts that were accepted once: whether their creators would take them now is not asked.
-- $1 gift_ids, $2 sender_ids, $3 creator_ids, $4 item_ids, $5 counts, $6 prices in coins,
-- $7 catalogue versions, $8 target kinds, $9 target_ids, $10 messages, $11 body hashes,
-- $12 requested_at, $13 payers' regions, $14 payers' ages
INSERT INTO gift (
    gift_id,
    sender_id,
    creator_id,
    item_id,
    count,
    price_coins,
    catalogue_version,
    target_kind,
    target_id,
    message,
    body_hash,
    requested_at,
    payer_region,
    payer_age
)
SELECT
    i.gift_id,
    i.sender_id,
    i.creator_id,
    i.item_id,
    i.count,
    i.price_coins,
    i.catalogue_version,
    i.target_kind,
    i.target_id,
    i.message,
    i.body_hash,
    i.requested_at,
    i.payer_region,
    i.payer_age
FROM unnest(
    $1::uuid[], $2::text::text[], $3::text::text[], $4::text::text[], $5::text::integer[],
    $6::text::bigint[], $7::text::integer[], $8::text::text[], $9::text::text[], $10::text[],
    $11::bytea[], $12::timestamptz[], $13::text[], $14::text[]
) AS i (
    gift_id, sender_id, creator_id, item_id, count, price_coins, catalogue_version,
    target_kind, target_id, message, body_hash, requested_at, payer_region, payer_age
)
ORDER BY i.gift_id
ON CONFLICT (gift_id) DO NOTHING
RETURNING gift_id;
