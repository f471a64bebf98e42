-- name: insert_gifts
-- Of gifts whose id is free, whose creator takes gifts and has not blocked the sender, and whose room,
-- if they are sent to one, is that creator's, open, and takes gifts, here and now; the others are left
-- out, and `explain_unwanted` says why.
-- In id order: two writers of the same ids then wait for one another instead of deadlocking.
-- $1 gift_ids, $2 sender_ids, $3 creator_ids, $4 item_ids, $5 counts, $6 prices in coins,
-- $7 catalogue versions, $8 target kinds, $9 target_ids, $10 messages, $11 body hashes,
-- $12 requested_at, $13 payers' regions, $14 payers' ages, $15 room_ids, null with a video
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
    $11::bytea[], $12::timestamptz[], $13::text[], $14::text[], $15::uuid[]
) AS i (
    gift_id, sender_id, creator_id, item_id, count, price_coins, catalogue_version,
    target_kind, target_id, message, body_hash, requested_at, payer_region, payer_age, room_id
)
INNER JOIN creator AS c ON i.creator_id = c.creator_id
LEFT JOIN room AS r ON i.room_id = r.room_id
WHERE
    c.accepts_gifts
    AND (
        i.target_kind <> 'room'
        OR (r.creator_id = i.creator_id AND r.closed_at IS NULL AND r.takes_gifts)
    )
    AND NOT EXISTS (
        SELECT
        FROM blocked_gifter AS b
        WHERE b.creator_id = i.creator_id AND b.user_id = i.sender_id
    )
ORDER BY i.gift_id
ON CONFLICT (gift_id) DO NOTHING
RETURNING gift_id;

-- name: explain_unwanted
-- Why gifts that `insert_gifts` has left out were not written: the code of the refusal, of each in
-- order. What was in the way may have gone since: then it was that the creator took no gifts, or the
-- room was not open.
-- $1 creator_ids, $2 sender_ids, $3 target kinds, $4 room_ids, null with a video
SELECT
    CASE
        WHEN b.user_id IS NOT NULL THEN 'gifter_blocked'
        WHEN c.accepts_gifts IS NOT true THEN 'gifts_not_accepted'
        WHEN i.target_kind <> 'room' THEN 'gifts_not_accepted'
        WHEN r.creator_id = i.creator_id AND r.closed_at IS NULL AND NOT r.takes_gifts
            THEN 'gifts_not_accepted'
        ELSE 'room_not_open'
    END AS code
FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[])
    WITH ORDINALITY AS i (creator_id, sender_id, target_kind, room_id, position)
LEFT JOIN creator AS c ON i.creator_id = c.creator_id
LEFT JOIN room AS r ON i.room_id = r.room_id
LEFT JOIN blocked_gifter AS b ON i.creator_id = b.creator_id AND i.sender_id = b.user_id
ORDER BY i.position;

-- name: settle_sent
-- Gifts that were charged: each moves on from PENDING once, is added to its creator's history in the
-- order given and to the creator's total. An answer that does not fit its gift moves nothing.
-- A creator's answers come from one partition, so the totals have one writer; rows are taken in id
-- order all the same, for the moment in which a partition changes hands.
-- $1 gift_ids, each once, $2 creator_ids, $3 coins charged, $4 charged at
WITH moved AS (
    UPDATE gift AS g
    SET
        status = 'SENT',
        settled_at = i.settled_at
    FROM
        unnest($1::uuid[], $2::text::text[], $3::text::bigint[], $4::timestamptz[])
        WITH ORDINALITY
        AS i (gift_id, creator_id, coins, settled_at, position)
    WHERE
        g.gift_id = i.gift_id
        AND g.status = 'PENDING'
        AND g.creator_id = i.creator_id
        AND g.price_coins = i.coins
    RETURNING
        i.position - 1 AS position,
        g.gift_id,
        g.creator_id,
        g.price_coins,
        g.item_id,
        g.count,
        g.catalogue_version,
        g.target_kind,
        g.target_id,
        CASE WHEN g.target_kind = 'room' THEN g.message END AS message
),

received AS (
    INSERT INTO received_gift (creator_id, gift_id)
    SELECT
        creator_id,
        gift_id
    FROM moved
    ORDER BY position
),

total AS (
    INSERT INTO creator_total AS t (creator_id, coins, gifts)
    SELECT
        creator_id,
        sum(price_coins),
        count(*)
    FROM moved
    GROUP BY creator_id
    ORDER BY creator_id
    ON CONFLICT (creator_id) DO UPDATE
        SET
            coins = t.coins + excluded.coins,
            gifts = t.gifts + excluded.gifts
)

SELECT
    position,
    item_id,
    count,
    catalogue_version,
    target_kind,
    target_id,
    message
FROM moved;

-- name: settle_refused
-- Gifts that were not charged: each moves on from PENDING once.
-- $1 gift_ids, each once, $2 creator_ids, $3 refusal codes, $4 coins needed, $5 balances in coins,
-- $6 refused at; of those refused by a spend limit also $7 its name, $8 its coins, $9 coins spent,
-- $10 when there is room again
UPDATE gift AS g
SET
    status = 'REFUSED',
    settled_at = i.settled_at,
    refusal_code = i.refusal_code,
    needed_coins = i.needed_coins,
    balance_coins = i.balance_coins,
    limit_name = i.limit_name,
    limit_coins = i.limit_coins,
    spent_coins = i.spent_coins,
    frees_up_at = i.frees_up_at
FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::text[],
    $8::bigint[], $9::bigint[], $10::timestamptz[]
) AS i (
    gift_id, creator_id, refusal_code, needed_coins, balance_coins, settled_at, limit_name,
    limit_coins, spent_coins, frees_up_at
)
WHERE
    g.gift_id = i.gift_id
    AND g.status = 'PENDING'
    AND g.creator_id = i.creator_id
RETURNING g.gift_id;

-- name: notify_settled
-- Wakes the callers who wait for their gifts, at commit.
SELECT pg_notify('gift_settled', '');

-- name: select_gifts
-- $1 gift_ids
SELECT
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
    g.body_hash,
    CASE WHEN s.shown_again_at IS NULL THEN s.status END AS silenced
FROM gift AS g
LEFT JOIN silenced_message AS s ON g.gift_id = s.gift_id
WHERE g.gift_id = any($1::uuid[]);

-- name: select_settlements
-- What became of gifts, of those among them that are settled.
-- $1 gift_ids
SELECT
    gift_id,
    status,
    settled_at,
    refusal_code,
    needed_coins,
    balance_coins,
    limit_name,
    limit_coins,
    spent_coins,
    frees_up_at
FROM gift
WHERE
    gift_id = any($1::uuid[])
    AND status <> 'PENDING';
