-- name: lock_price_books
-- Publishers take turns: whoever comes second sees what the first has published.
SELECT pg_advisory_xact_lock(hashtext('wallet.price_book'));

-- name: select_price_books
SELECT document
FROM price_book
ORDER BY version;

-- name: find_price_book_in_force
-- $1 now
SELECT document
FROM price_book
WHERE effective_from <= $1
ORDER BY effective_from DESC
LIMIT 1;

-- name: insert_price_book
-- $1 version, $2 effective_from, $3 document
INSERT INTO price_book (version, effective_from, document)
VALUES ($1, $2, $3);

-- name: select_published_newest
-- $1 older than this version, $2 versions at most
SELECT
    document,
    published_at
FROM price_book
WHERE version < $1
ORDER BY version DESC
LIMIT $2;

-- name: select_published_oldest
-- $1 newer than this version, $2 versions at most
SELECT
    document,
    published_at
FROM price_book
WHERE version > $1
ORDER BY version ASC
LIMIT $2;

-- name: find_published
-- $1 version
SELECT
    document,
    published_at
FROM price_book
WHERE version = $1;
