-- What senders call themselves, as their tokens said last.

-- name: upsert_names
-- In the order given, which is that of the ids: two writers of the same ids wait for one another.
-- $1 user_ids, each once, $2 names, $3 now
INSERT INTO user_name AS n (user_id, name, changed_at)
SELECT
    user_id,
    name,
    $3
FROM unnest($1::text[], $2::text[]) AS i (user_id, name)
ON CONFLICT (user_id) DO UPDATE
    SET
        name = excluded.name,
        changed_at = excluded.changed_at
    WHERE n.name IS DISTINCT FROM excluded.name;

-- name: select_names
-- $1 user_ids
SELECT
    user_id,
    name
FROM user_name
WHERE
    user_id = any($1::text[])
    AND name IS NOT NULL;
