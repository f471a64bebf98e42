-- Taking gifts back, and giving them back.

-- name: lock_gifts
-- In id order. The settlement of a gift that waits for this lock sees afterwards what waits for it.
-- $1 gift_ids
SELECT
    gift_id,
    creator_id,
    status,
    price_coins,
    reversed_coins
FROM gift
WHERE gift_id = any($1::uuid[])
ORDER BY gift_id
FOR UPDATE;

-- name: select_given
-- Who gave gifts that were sent, what, when and where.
-- $1 gift_ids
SELECT
    gift_id,
    creator_id,
    sender_id,
    settled_at,
    item_id,
    count,
    target_kind,
    target_id
FROM gift
WHERE gift_id = any($1::uuid[]);

-- name: select_legs
-- What is known of legs, each named once, whether booked or waiting.
-- $1 reversal_ids, $2 positions
SELECT
    r.reversal_id,
    r.position,
    r.cause_id,
    r.gift_id,
    r.creator_id,
    r.lot_id,
    r.coins,
    r.reason,
    r.told_at
FROM unnest($1::uuid[], $2::integer[]) AS i (reversal_id, position)
INNER JOIN gift_reversal AS r ON i.reversal_id = r.reversal_id AND i.position = r.position
UNION ALL
SELECT
    w.reversal_id,
    w.position,
    w.cause_id,
    w.gift_id,
    w.creator_id,
    w.lot_id,
    w.coins,
    w.reason,
    w.told_at
FROM unnest($1::uuid[], $2::integer[]) AS i (reversal_id, position)
INNER JOIN waiting_reversal AS w ON i.reversal_id = w.reversal_id AND i.position = w.position;

-- name: select_waiting_coins
-- What waits for gifts: coins taken, less those given back.
-- $1 gift_ids
SELECT
    gift_id,
    sum(CASE WHEN cause_id = reversal_id THEN coins ELSE -coins END)::bigint AS coins
FROM waiting_reversal
WHERE gift_id = any($1::uuid[])
GROUP BY gift_id;

-- name: insert_legs
-- $1 reversal_ids, $2 positions, $3 cause_ids, $4 gift_ids, $5 creator_ids, $6 lot_ids, $7 coins,
-- $8 reasons, $9 told_at
INSERT INTO gift_reversal (
    reversal_id,
    position,
    cause_id,
    gift_id,
    creator_id,
    lot_id,
    coins,
    reason,
    told_at
)
SELECT
    reversal_id,
    position,
    cause_id,
    gift_id,
    creator_id,
    lot_id,
    coins,
    reason,
    told_at
FROM unnest(
    $1::uuid[], $2::integer[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[],
    $8::text[], $9::timestamptz[]
) AS i (reversal_id, position, cause_id, gift_id, creator_id, lot_id, coins, reason, told_at);

-- name: insert_waiting
-- In the order given, in which they will be booked.
-- $1 reversal_ids, $2 positions, $3 cause_ids, $4 gift_ids, $5 creator_ids, $6 lot_ids, $7 coins,
-- $8 reasons, $9 told_at
INSERT INTO waiting_reversal (
    reversal_id,
    position,
    cause_id,
    gift_id,
    creator_id,
    lot_id,
    coins,
    reason,
    told_at
)
SELECT
    reversal_id,
    position,
    cause_id,
    gift_id,
    creator_id,
    lot_id,
    coins,
    reason,
    told_at
FROM unnest(
    $1::uuid[], $2::integer[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[],
    $8::text[], $9::timestamptz[]
) WITH ORDINALITY
    AS i (
        reversal_id, position, cause_id, gift_id, creator_id, lot_id, coins, reason, told_at, place
    )
ORDER BY i.place;

-- name: take_waiting
-- What waited for gifts that are SENT by now: for those that this transaction has settled, as
-- whoever settled others has taken theirs. Nearly always the table is empty.
WITH taken AS (
    DELETE FROM waiting_reversal AS w
    USING gift AS g
    WHERE w.gift_id = g.gift_id AND g.status = 'SENT'
    RETURNING
        w.seq,
        w.reversal_id,
        w.position,
        w.cause_id,
        w.gift_id,
        w.creator_id,
        w.lot_id,
        w.coins,
        w.reason,
        w.told_at
)

SELECT
    reversal_id,
    position,
    cause_id,
    gift_id,
    creator_id,
    lot_id,
    coins,
    reason,
    told_at
FROM taken
ORDER BY seq;

-- name: update_gifts
-- The caller holds the locks. Of which all is taken back is REVERSED, and SENT again otherwise.
-- A gift of which as much is given back as is taken stays as it is.
-- $1 gift_ids, each once, $2 coins taken back, negative where they are given back
UPDATE gift AS g
SET
    reversed_coins = g.reversed_coins + i.coins,
    status = CASE
        WHEN g.reversed_coins + i.coins = g.price_coins THEN 'REVERSED' ELSE 'SENT'
    END
FROM unnest($1::uuid[], $2::bigint[]) AS i (gift_id, coins)
WHERE g.gift_id = i.gift_id AND i.coins <> 0;

-- name: update_totals
-- In the order of the key, as settling locks them.
-- $1 creator_ids, each once, $2 coins to add, $3 gifts to add
WITH locked AS (
    SELECT creator_id
    FROM creator_total
    WHERE creator_id = any($1::text[])
    ORDER BY creator_id
    FOR UPDATE
)

UPDATE creator_total AS t
SET
    coins = t.coins + i.coins,
    gifts = t.gifts + i.gifts
FROM locked AS l
INNER JOIN unnest($1::text[], $2::bigint[], $3::bigint[]) AS i (creator_id, coins, gifts)
    ON l.creator_id = i.creator_id
WHERE t.creator_id = l.creator_id;
