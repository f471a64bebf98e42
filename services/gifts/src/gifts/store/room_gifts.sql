-- Whether rooms take gifts.

-- name: update_takes_gifts
-- The caller holds the room's lock.
-- $1 room_id, $2 takes_gifts
UPDATE room
SET takes_gifts = $2
WHERE room_id = $1 AND takes_gifts <> $2;

-- name: select_accepting
-- Those of the rooms to which gifts can be sent: open, and neither they nor their hosts take none.
-- $1 room_ids
SELECT r.room_id
FROM room AS r
INNER JOIN creator AS c ON r.creator_id = c.creator_id
WHERE
    r.room_id = any($1::uuid[])
    AND r.closed_at IS NULL
    AND r.takes_gifts
    AND c.accepts_gifts;
