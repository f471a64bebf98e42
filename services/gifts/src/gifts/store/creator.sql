-- name: ensure_creator
-- Sets what a creator decided; the last decision counts. Unchanged rows are left alone.
-- $1 creator_id, $2 accepts_gifts, $3 changed_at
INSERT INTO creator AS c (creator_id, accepts_gifts, changed_at)
VALUES ($1, $2, $3)
ON CONFLICT (creator_id) DO UPDATE
    SET
        accepts_gifts = excluded.accepts_gifts,
        changed_at = excluded.changed_at
    WHERE c.accepts_gifts <> excluded.accepts_gifts;

-- name: select_accepting
-- Those of the creators who take gifts.
-- $1 creator_ids
SELECT creator_id
FROM creator
WHERE
    creator_id = any($1::text[])
    AND accepts_gifts;
