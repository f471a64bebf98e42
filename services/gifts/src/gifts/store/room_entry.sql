-- What was given in rooms since their newest frames. The caller holds the rooms' locks.

-- name: insert_entries
-- $1 room_ids, $2 lines
INSERT INTO room_entry (room_id, lines)
SELECT
    room_id,
    lines
FROM unnest($1::uuid[], $2::bytea[]) AS i (room_id, lines);

-- name: take_entries
-- What waits for the next frames of rooms, in order; it waits no longer.
-- $1 room_ids
WITH taken AS (
    DELETE FROM room_entry
    WHERE room_id = any($1::uuid[])
    RETURNING
        room_id,
        entry,
        lines
)

SELECT
    room_id,
    lines
FROM taken
ORDER BY entry;
