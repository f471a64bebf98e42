-- Gifts that their creators froze.

-- name: insert_quarantine
-- The caller holds the creator's lock, and has seen that neither id is known.
-- $1 quarantine_id, $2 gift_id, $3 creator_id, $4 note, $5 micro_diamonds, $6 worth_minor,
-- $7 currency, $8 frozen_at
INSERT INTO gift_quarantine (
    quarantine_id, gift_id, creator_id, note, micro_diamonds, worth_minor, currency, frozen_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: select_quarantines
-- By id, or by gift.
-- $1 quarantine_ids, $2 gift_ids
SELECT
    quarantine_id,
    gift_id,
    creator_id,
    note,
    micro_diamonds,
    worth_minor,
    currency,
    frozen_at,
    status,
    decided_at,
    decided_by,
    ended_at
FROM gift_quarantine
WHERE quarantine_id = any($1::uuid[]) OR gift_id = any($2::uuid[]);

-- name: select_held
-- Of these gifts those of which all that is left is held. Nearly always there is none.
-- $1 gift_ids
SELECT gift_id
FROM gift_quarantine
WHERE gift_id = any($1::uuid[]) AND ended_at IS NULL;

-- name: decide
-- The caller holds the creator's lock.
-- $1 quarantine_id, $2 status, $3 moment, $4 operator, $5 when nothing is held any more (null: not yet)
UPDATE gift_quarantine
SET
    status = $2,
    decided_at = $3,
    decided_by = $4,
    ended_at = $5
WHERE quarantine_id = $1;

-- name: end_undone
-- Gifts that were undone, each while it was frozen: as operators decided, or by their senders first.
-- $1 gift_ids, $2 moment
UPDATE gift_quarantine
SET
    status = 'RETURNED',
    decided_at = coalesce(decided_at, $2),
    ended_at = $2
WHERE gift_id = any($1::uuid[]) AND ended_at IS NULL;

-- name: select_frozen
-- What is held, newest first, before the position ($1, $2; null: from the start).
-- $1 frozen_at, $2 quarantine_id, $3 at most
SELECT
    quarantine_id,
    gift_id,
    creator_id,
    note,
    micro_diamonds,
    worth_minor,
    currency,
    frozen_at,
    status,
    decided_at,
    decided_by,
    ended_at
FROM gift_quarantine
WHERE
    ended_at IS NULL
    AND (frozen_at, quarantine_id) < (
        coalesce($1::timestamptz, 'infinity'),
        coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY frozen_at DESC, quarantine_id DESC
LIMIT $3;

-- name: select_frozen_backward
-- Oldest first, after the position.
-- $1 frozen_at, $2 quarantine_id, $3 at most
SELECT
    quarantine_id,
    gift_id,
    creator_id,
    note,
    micro_diamonds,
    worth_minor,
    currency,
    frozen_at,
    status,
    decided_at,
    decided_by,
    ended_at
FROM gift_quarantine
WHERE
    ended_at IS NULL
    AND (frozen_at, quarantine_id) > (
        coalesce($1::timestamptz, '-infinity'),
        coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY frozen_at, quarantine_id
LIMIT $3;
