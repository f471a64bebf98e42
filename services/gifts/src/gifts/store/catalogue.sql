-- name: lock_catalogue
-- One publisher at a time.
SELECT pg_advisory_xact_lock(hashtext('gifts.catalogue'));

-- name: insert_version
-- $1 version, $2 effective_from
INSERT INTO catalogue_version (version, effective_from)
VALUES ($1, $2);

-- name: insert_items
-- $1 version, $2 item_ids, $3 names, $4 tiers, $5 prices in coins, $6 longest messages, $7 streakable
INSERT INTO catalogue_item (
    version, item_id, name, tier, price_coins, max_message_length, streakable
)
SELECT
    $1,
    item_id,
    name,
    tier,
    price_coins,
    max_message_length,
    streakable
FROM unnest($2::text[], $3::text[], $4::integer[], $5::bigint[], $6::integer[], $7::boolean[])
    AS i (item_id, name, tier, price_coins, max_message_length, streakable);

-- name: select_versions
-- Latest first.
-- $1 the versions in force at this time or later ones
SELECT
    version,
    effective_from
FROM catalogue_version
WHERE effective_from >= coalesce(
    (SELECT max(v.effective_from) FROM catalogue_version AS v WHERE v.effective_from <= $1),
    '-infinity'
)
ORDER BY effective_from DESC;

-- name: select_items
-- In the order in which catalogues list them.
-- $1 versions
SELECT
    version,
    item_id,
    name,
    tier,
    price_coins,
    max_message_length,
    streakable
FROM catalogue_item
WHERE version = any($1::integer[])
ORDER BY
    version,
    price_coins,
    item_id;

-- name: select_known_items
-- Every item of any version, as it was on sale last; one still to come as it will be.
-- $1 now
SELECT DISTINCT ON (i.item_id)
    i.item_id,
    i.name,
    i.tier,
    i.price_coins,
    i.max_message_length,
    i.streakable
FROM catalogue_item AS i
INNER JOIN catalogue_version AS v ON i.version = v.version
ORDER BY
    i.item_id,
    v.effective_from <= $1 DESC,
    v.effective_from DESC;

-- name: find_latest
-- The version that takes effect last.
SELECT
    version,
    effective_from
FROM catalogue_version
ORDER BY version DESC
LIMIT 1;

-- name: find_version
-- $1 version
SELECT
    version,
    effective_from
FROM catalogue_version
WHERE version = $1;
