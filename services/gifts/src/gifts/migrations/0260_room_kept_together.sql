-- What a room needs for its next frame is in its row, and changing that row changes no index.

ALTER TABLE room
-- What no frame has shown yet: lines as `gifts.domain.room_line` packs them, of one transaction after
-- the other.
ADD COLUMN waiting bytea NOT NULL DEFAULT '',
-- Its first gifters: see `gifts.domain.room_top`.
ADD COLUMN top bytea NOT NULL DEFAULT '[]',
-- Whether the end of a streak waits to be told.
ADD COLUMN owes_ends boolean NOT NULL DEFAULT false,
-- Whether a battle ever began in it.
ADD COLUMN has_battled boolean NOT NULL DEFAULT false,
-- From when on the clock reads the room, which may be long before it is due: a busy room is due
-- several times a second, and only this column is indexed. Null with `due_at`. A process of the version
-- before knows nothing of it when it opens a room.
ADD COLUMN look_at timestamptz DEFAULT now();

ALTER TABLE room ALTER COLUMN waiting SET STORAGE EXTERNAL;

UPDATE room AS r
SET
    waiting = coalesce(
        (
            SELECT string_agg(int4send(octet_length(e.lines)) || e.lines, ''::bytea ORDER BY e.entry)
            FROM room_entry AS e
            WHERE e.room_id = r.room_id
        ),
        ''
    ),
    top = coalesce(
        (
            SELECT
                convert_to(
                    json_agg(
                        json_build_array(t.user_id, t.coins, t.place)
                        ORDER BY t.coins DESC, t.place
                    )::text,
                    'UTF8'
                )
            FROM (
                SELECT
                    g.user_id,
                    g.coins,
                    g.place
                FROM room_gifter AS g
                WHERE
                    g.room_id = r.room_id
                    AND g.coins > 0
                ORDER BY g.coins DESC, g.place
                LIMIT 10
            ) AS t
        ),
        '[]'
    ),
    owes_ends = EXISTS (
        SELECT FROM room_streak AS s
        WHERE
            s.room_id = r.room_id
            AND s.end_owed
    ),
    has_battled = EXISTS (SELECT FROM battle_room AS b WHERE b.room_id = r.room_id),
    look_at = r.due_at;

-- What is copied waits no longer there. The table goes, and `look_at` is bound to `due_at`, with a later
-- version: while this one is rolled out, processes of the one before write both as they did.
DELETE FROM room_entry;

DROP INDEX room_by_due;
CREATE INDEX room_by_look ON room (look_at) WHERE look_at IS NOT NULL;
