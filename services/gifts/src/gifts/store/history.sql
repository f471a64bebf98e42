-- Pages of histories, by keyset: each reads its rows from an index and stops, however long the list.

-- name: select_sent_newest
-- Gifts of a sender, newest first, older than $2.
-- $1 sender_id, $2 seq, $3 gifts at most
SELECT
    g.seq,
    g.gift_id,
    g.sender_id,
    g.creator_id,
    g.item_id,
    g.count,
    g.price_coins,
    g.catalogue_version,
    g.target_kind,
    g.target_id,
    g.message,
    g.requested_at,
    g.status,
    g.settled_at,
    g.refusal_code,
    g.needed_coins,
    g.balance_coins,
    g.limit_name,
    g.limit_coins,
    g.spent_coins,
    g.frees_up_at,
    CASE WHEN s.shown_again_at IS NULL THEN s.status END AS silenced
FROM gift AS g
LEFT JOIN silenced_message AS s ON g.gift_id = s.gift_id
WHERE
    g.sender_id = $1
    AND g.seq < $2
ORDER BY g.seq DESC
LIMIT $3;

-- name: select_sent_oldest
-- Gifts of a sender, oldest first, newer than $2.
-- $1 sender_id, $2 seq, $3 gifts at most
SELECT
    g.seq,
    g.gift_id,
    g.sender_id,
    g.creator_id,
    g.item_id,
    g.count,
    g.price_coins,
    g.catalogue_version,
    g.target_kind,
    g.target_id,
    g.message,
    g.requested_at,
    g.status,
    g.settled_at,
    g.refusal_code,
    g.needed_coins,
    g.balance_coins,
    g.limit_name,
    g.limit_coins,
    g.spent_coins,
    g.frees_up_at,
    CASE WHEN s.shown_again_at IS NULL THEN s.status END AS silenced
FROM gift AS g
LEFT JOIN silenced_message AS s ON g.gift_id = s.gift_id
WHERE
    g.sender_id = $1
    AND g.seq > $2
ORDER BY g.seq ASC
LIMIT $3;

-- name: select_received_newest
-- Gifts that a creator was given, newest first, older than $2.
-- $1 creator_id, $2 seq, $3 gifts at most
SELECT
    r.seq,
    g.gift_id,
    g.sender_id,
    g.creator_id,
    g.item_id,
    g.count,
    g.price_coins,
    g.catalogue_version,
    g.target_kind,
    g.target_id,
    g.message,
    g.requested_at,
    g.status,
    g.settled_at,
    g.refusal_code,
    g.needed_coins,
    g.balance_coins,
    g.limit_name,
    g.limit_coins,
    g.spent_coins,
    g.frees_up_at,
    CASE WHEN s.shown_again_at IS NULL THEN s.status END AS silenced
FROM received_gift AS r
INNER JOIN gift AS g ON r.gift_id = g.gift_id
LEFT JOIN silenced_message AS s ON g.gift_id = s.gift_id
WHERE
    r.creator_id = $1
    AND r.seq < $2
ORDER BY r.seq DESC
LIMIT $3;

-- name: select_received_oldest
-- Gifts that a creator was given, oldest first, newer than $2.
-- $1 creator_id, $2 seq, $3 gifts at most
SELECT
    r.seq,
    g.gift_id,
    g.sender_id,
    g.creator_id,
    g.item_id,
    g.count,
    g.price_coins,
    g.catalogue_version,
    g.target_kind,
    g.target_id,
    g.message,
    g.requested_at,
    g.status,
    g.settled_at,
    g.refusal_code,
    g.needed_coins,
    g.balance_coins,
    g.limit_name,
    g.limit_coins,
    g.spent_coins,
    g.frees_up_at,
    CASE WHEN s.shown_again_at IS NULL THEN s.status END AS silenced
FROM received_gift AS r
INNER JOIN gift AS g ON r.gift_id = g.gift_id
LEFT JOIN silenced_message AS s ON g.gift_id = s.gift_id
WHERE
    r.creator_id = $1
    AND r.seq > $2
ORDER BY r.seq ASC
LIMIT $3;

-- name: find_total
-- $1 creator_id
SELECT coins
FROM creator_total
WHERE creator_id = $1;
