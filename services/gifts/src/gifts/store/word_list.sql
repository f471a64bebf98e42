-- name: lock_word_lists
-- One publisher at a time.
SELECT pg_advisory_xact_lock(hashtext('gifts.word_list'));

-- name: insert_word_list
-- $1 version, $2 terms, $3 published_at
INSERT INTO word_list (version, terms, published_at)
VALUES ($1, $2, $3);

-- name: find_word_list
-- $1 version
SELECT
    version,
    terms
FROM word_list
WHERE version = $1;

-- name: find_newer
-- The newest version, if it is newer than one.
-- $1 version
SELECT
    version,
    terms
FROM word_list
WHERE version > $1
ORDER BY version DESC
LIMIT 1;
