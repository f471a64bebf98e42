-- Messages of gifts, and which of them are shown to nobody.

-- name: insert_withheld
-- Of gifts that the caller has just written.
-- $1 gift_ids, $2 versions of the word list, $3 terms, $4 now
INSERT INTO silenced_message (gift_id, status, silenced_at, word_list_version, term)
SELECT
    gift_id,
    'WITHHELD',
    $4,
    word_list_version,
    term
FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS i (gift_id, word_list_version, term);

-- name: upsert_removed
-- Nothing comes back where it was removed before, and not shown again.
-- $1 gift_id, $2 now
INSERT INTO silenced_message AS s (gift_id, status, silenced_at)
VALUES ($1, 'REMOVED', $2)
ON CONFLICT (gift_id) DO UPDATE
    SET
        status = excluded.status,
        silenced_at = excluded.silenced_at,
        shown_again_at = null
    WHERE s.status <> excluded.status OR s.shown_again_at IS NOT NULL
RETURNING s.gift_id;

-- name: show_again
-- Nothing comes back where it is shown.
-- $1 gift_id, $2 now
UPDATE silenced_message
SET shown_again_at = greatest($2, silenced_at)
WHERE
    gift_id = $1
    AND shown_again_at IS NULL
RETURNING gift_id;

-- name: select_silenced
-- $1 gift_ids
SELECT gift_id
FROM silenced_message
WHERE
    gift_id = any($1::uuid[])
    AND shown_again_at IS NULL;

-- name: find_message
-- $1 gift_id
SELECT
    g.seq,
    g.gift_id,
    g.sender_id,
    g.creator_id,
    g.target_kind,
    g.target_id,
    g.message,
    g.requested_at,
    CASE WHEN s.shown_again_at IS NULL THEN s.status END AS silenced,
    CASE WHEN s.shown_again_at IS NULL THEN s.silenced_at END AS silenced_at,
    s.shown_again_at,
    s.word_list_version,
    s.term
FROM gift AS g
LEFT JOIN silenced_message AS s ON g.gift_id = s.gift_id
WHERE
    g.gift_id = $1
    AND g.message IS NOT NULL;

-- name: select_messages_newest
-- $1 creator_id, $2 before this place, $3 at most
SELECT
    g.seq,
    g.gift_id,
    g.sender_id,
    g.creator_id,
    g.target_kind,
    g.target_id,
    g.message,
    g.requested_at,
    CASE WHEN s.shown_again_at IS NULL THEN s.status END AS silenced,
    CASE WHEN s.shown_again_at IS NULL THEN s.silenced_at END AS silenced_at,
    s.shown_again_at,
    s.word_list_version,
    s.term
FROM gift AS g
LEFT JOIN silenced_message AS s ON g.gift_id = s.gift_id
WHERE
    g.creator_id = $1
    AND g.message IS NOT NULL
    AND g.seq < $2
ORDER BY g.seq DESC
LIMIT $3;

-- name: select_messages_oldest
-- $1 creator_id, $2 after this place, $3 at most
SELECT
    g.seq,
    g.gift_id,
    g.sender_id,
    g.creator_id,
    g.target_kind,
    g.target_id,
    g.message,
    g.requested_at,
    CASE WHEN s.shown_again_at IS NULL THEN s.status END AS silenced,
    CASE WHEN s.shown_again_at IS NULL THEN s.silenced_at END AS silenced_at,
    s.shown_again_at,
    s.word_list_version,
    s.term
FROM gift AS g
LEFT JOIN silenced_message AS s ON g.gift_id = s.gift_id
WHERE
    g.creator_id = $1
    AND g.message IS NOT NULL
    AND g.seq > $2
ORDER BY g.seq ASC
LIMIT $3;
