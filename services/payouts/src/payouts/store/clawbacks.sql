-- What is taken back of creators, and what waits for the gift that it is of.

-- name: select_clawbacks
-- All that was settled of these legs, each named once, and of these gifts.
-- $1 reversal_ids, $2 positions, $3 gift_ids
SELECT
    c.reversal_id,
    c.position,
    c.cause_id,
    c.creator_id,
    c.gift_id,
    c.lot_id,
    c.reason,
    c.told_at,
    c.coins,
    c.covered_coins,
    c.micro_diamonds,
    c.matures_on,
    c.rate_version,
    c.settled_at
FROM unnest($1::uuid[], $2::integer[]) AS i (reversal_id, position)
INNER JOIN clawback AS c ON i.reversal_id = c.reversal_id AND i.position = c.position
UNION
SELECT
    reversal_id,
    position,
    cause_id,
    creator_id,
    gift_id,
    lot_id,
    reason,
    told_at,
    coins,
    covered_coins,
    micro_diamonds,
    matures_on,
    rate_version,
    settled_at
FROM clawback
WHERE gift_id = any($3::uuid[]);

-- name: select_of_gifts
-- All that was settled of these gifts.
-- $1 gift_ids
SELECT
    reversal_id,
    position,
    cause_id,
    creator_id,
    gift_id,
    lot_id,
    reason,
    told_at,
    coins,
    covered_coins,
    micro_diamonds,
    matures_on,
    rate_version,
    settled_at
FROM clawback
WHERE gift_id = any($1::uuid[]);

-- name: insert_clawbacks
-- In the order given, which is that of the creators' statements.
-- $1 reversal_ids, $2 positions, $3 cause_ids, $4 creator_ids, $5 gift_ids, $6 lot_ids, $7 reasons,
-- $8 told_at, $9 coins, $10 covered coins, $11 micro_diamonds, $12 days of maturity,
-- $13 rate versions, $14 settled_at
INSERT INTO clawback (
    reversal_id,
    position,
    cause_id,
    creator_id,
    gift_id,
    lot_id,
    reason,
    told_at,
    coins,
    covered_coins,
    micro_diamonds,
    matures_on,
    rate_version,
    settled_at
)
SELECT
    i.reversal_id,
    i.position,
    i.cause_id,
    i.creator_id,
    i.gift_id,
    i.lot_id,
    i.reason,
    i.told_at,
    i.coins,
    i.covered_coins,
    i.micro_diamonds,
    i.matures_on,
    i.rate_version,
    i.settled_at
FROM unnest(
    $1::uuid[], $2::integer[], $3::uuid[], $4::text[], $5::uuid[], $6::bigint[], $7::text[],
    $8::timestamptz[], $9::bigint[], $10::bigint[], $11::bigint[], $12::date[], $13::integer[],
    $14::timestamptz[]
) WITH ORDINALITY AS i (
    reversal_id, position, cause_id, creator_id, gift_id, lot_id, reason, told_at, coins,
    covered_coins, micro_diamonds, matures_on, rate_version, settled_at, place
)
ORDER BY i.place;

-- name: select_waiting
-- What waits for gifts of these creators, in the order in which it was told. A creator belongs to
-- one partition, so nobody else settles it meanwhile. Nearly always there is nothing.
-- $1 creator_ids
SELECT
    reversal_id,
    position,
    cause_id,
    creator_id,
    gift_id,
    lot_id,
    reason,
    told_at,
    coins
FROM waiting_clawback
WHERE creator_id = any($1::text[])
ORDER BY seq;

-- name: insert_waiting
-- In the order given; what waits already waits once.
-- $1 reversal_ids, $2 positions, $3 cause_ids, $4 creator_ids, $5 gift_ids, $6 lot_ids, $7 reasons,
-- $8 told_at, $9 coins
INSERT INTO waiting_clawback (
    reversal_id,
    position,
    cause_id,
    creator_id,
    gift_id,
    lot_id,
    reason,
    told_at,
    coins
)
SELECT
    i.reversal_id,
    i.position,
    i.cause_id,
    i.creator_id,
    i.gift_id,
    i.lot_id,
    i.reason,
    i.told_at,
    i.coins
FROM unnest(
    $1::uuid[], $2::integer[], $3::uuid[], $4::text[], $5::uuid[], $6::bigint[], $7::text[],
    $8::timestamptz[], $9::bigint[]
) WITH ORDINALITY AS i (
    reversal_id, position, cause_id, creator_id, gift_id, lot_id, reason, told_at, coins, place
)
ORDER BY i.place
ON CONFLICT (reversal_id, position, cause_id) DO NOTHING;

-- name: delete_waiting
-- $1 reversal_ids, $2 positions, $3 cause_ids
DELETE FROM waiting_clawback AS w
USING unnest($1::uuid[], $2::integer[], $3::uuid[]) AS i (reversal_id, position, cause_id)
WHERE
    w.reversal_id = i.reversal_id
    AND w.position = i.position
    AND w.cause_id = i.cause_id;

-- name: select_statement
-- What was taken of a creator and given back, newest first, older than $2. What they did not bear is
-- none of it.
-- $1 creator_id, $2 seq, $3 lines at most
SELECT
    seq,
    gift_id,
    reason,
    told_at,
    cause_id <> reversal_id AS gives_back,
    covered_coins,
    micro_diamonds
FROM clawback
WHERE creator_id = $1 AND seq < $2 AND covered_coins > 0
ORDER BY seq DESC
LIMIT $3;

-- name: select_statement_backward
-- The same, oldest first, newer than $2.
-- $1 creator_id, $2 seq, $3 lines at most
SELECT
    seq,
    gift_id,
    reason,
    told_at,
    cause_id <> reversal_id AS gives_back,
    covered_coins,
    micro_diamonds
FROM clawback
WHERE creator_id = $1 AND seq > $2 AND covered_coins > 0
ORDER BY seq ASC
LIMIT $3;
