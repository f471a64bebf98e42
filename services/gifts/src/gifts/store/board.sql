-- Who gave most, to each creator and in each room. Who writes creators' holds the locks of their totals.

-- name: add_scores
-- In the order in which they came to their sums. A later window begins anew; what comes late for an
-- earlier one counts in those that are still the newest. What all is by now, and whether there was
-- nothing before.
-- $1 board_ids; $2 hours, $3 days and $4 weeks that began; then by gifter, each once on each board:
-- $5 which board and $6 which windows of those, from 1, $7 user_ids, $8 coins in the hour, $9 in the
-- day, $10 in the week, $11 in all
INSERT INTO board_score AS s (
    board_id,
    user_id,
    hour_at,
    day_at,
    week_at,
    hour_coins,
    day_coins,
    week_coins,
    coins,
    hour_place,
    day_place,
    week_place,
    place
)
SELECT
    board_id,
    user_id,
    hour_at,
    day_at,
    week_at,
    hour_coins,
    day_coins,
    week_coins,
    coins,
    place,
    place,
    place,
    place
FROM (
    SELECT
        ($1::uuid[])[board] AS board_id,
        ($2::timestamptz[])[windows] AS hour_at,
        ($3::timestamptz[])[windows] AS day_at,
        ($4::timestamptz[])[windows] AS week_at,
        user_id,
        hour_coins,
        day_coins,
        week_coins,
        coins,
        nextval('board_place') AS place
    FROM unnest(
        $5::text::integer[], $6::text::integer[], $7::text::text[], $8::text::bigint[],
        $9::text::bigint[], $10::text::bigint[], $11::text::bigint[]
    ) AS g (board, windows, user_id, hour_coins, day_coins, week_coins, coins)
) AS i
ON CONFLICT (board_id, user_id) DO UPDATE
    SET
        hour_at = greatest(s.hour_at, excluded.hour_at),
        day_at = greatest(s.day_at, excluded.day_at),
        week_at = greatest(s.week_at, excluded.week_at),
        hour_coins
        = CASE WHEN s.hour_at < excluded.hour_at THEN 0 ELSE s.hour_coins END
        + CASE WHEN s.hour_at > excluded.hour_at THEN 0 ELSE excluded.hour_coins END,
        day_coins
        = CASE WHEN s.day_at < excluded.day_at THEN 0 ELSE s.day_coins END
        + CASE WHEN s.day_at > excluded.day_at THEN 0 ELSE excluded.day_coins END,
        week_coins
        = CASE WHEN s.week_at < excluded.week_at THEN 0 ELSE s.week_coins END
        + CASE WHEN s.week_at > excluded.week_at THEN 0 ELSE excluded.week_coins END,
        coins = s.coins + excluded.coins,
        hour_place = CASE WHEN s.hour_at > excluded.hour_at THEN s.hour_place ELSE excluded.place END,
        day_place = CASE WHEN s.day_at > excluded.day_at THEN s.day_place ELSE excluded.place END,
        week_place = CASE WHEN s.week_at > excluded.week_at THEN s.week_place ELSE excluded.place END,
        place = excluded.place
RETURNING s.board_id, s.user_id, new.coins, old.coins IS NULL AS is_first;

-- name: move_scores
-- In the order in which they came to their sums. What was given in a window in which the gifter's
-- newest gift is not is on no board of such windows any more.
-- $1 to $11 as above; coins are negative where they are taken back
UPDATE board_score AS s
SET
    hour_coins = s.hour_coins + CASE WHEN s.hour_at = i.hour_at THEN i.hour_coins ELSE 0 END,
    day_coins = s.day_coins + CASE WHEN s.day_at = i.day_at THEN i.day_coins ELSE 0 END,
    week_coins = s.week_coins + CASE WHEN s.week_at = i.week_at THEN i.week_coins ELSE 0 END,
    coins = s.coins + i.coins,
    hour_place
    = CASE WHEN s.hour_at = i.hour_at AND i.hour_coins <> 0 THEN i.place ELSE s.hour_place END,
    day_place
    = CASE WHEN s.day_at = i.day_at AND i.day_coins <> 0 THEN i.place ELSE s.day_place END,
    week_place
    = CASE WHEN s.week_at = i.week_at AND i.week_coins <> 0 THEN i.place ELSE s.week_place END,
    place = CASE WHEN i.coins <> 0 THEN i.place ELSE s.place END
FROM (
    SELECT
        ($1::uuid[])[board] AS board_id,
        ($2::timestamptz[])[windows] AS hour_at,
        ($3::timestamptz[])[windows] AS day_at,
        ($4::timestamptz[])[windows] AS week_at,
        user_id,
        hour_coins,
        day_coins,
        week_coins,
        coins,
        nextval('board_place') AS place
    FROM unnest(
        $5::text::integer[], $6::text::integer[], $7::text::text[], $8::text::bigint[],
        $9::text::bigint[], $10::text::bigint[], $11::text::bigint[]
    ) AS g (board, windows, user_id, hour_coins, day_coins, week_coins, coins)
) AS i
WHERE
    s.board_id = i.board_id
    AND s.user_id = i.user_id;

-- name: find_coins
-- All that somebody gave a creator and that was not taken back.
-- $1 board_id, $2 user_id
SELECT coins
FROM board_score
WHERE
    board_id = $1
    AND user_id = $2;

-- name: select_top
-- The first of a board: by coins, then by who got there first.
-- $1 board_id, $2 span, $3 when the window began, $4 at most
SELECT
    user_id,
    coins,
    place
FROM board
WHERE
    board_id = $1
    AND span = $2
    AND starts_at = $3
    AND coins > 0
ORDER BY coins DESC, place
LIMIT $4;

-- name: find_placed
-- Somebody's row, though nothing may be left in it: then it has no place. By its own key, since a
-- session that was planned before the table was analysed would look through a whole board.
-- $1 board_id, $2 span, $3 when the window began, $4 user_id
SELECT
    s.user_id,
    b.coins,
    b.place
FROM board_score AS s
CROSS JOIN LATERAL (
    VALUES
    ('HOUR', s.hour_at, s.hour_coins, s.hour_place),
    ('DAY', s.day_at, s.day_coins, s.day_place),
    ('WEEK', s.week_at, s.week_coins, s.week_place),
    ('ALL_TIME', $3, s.coins, s.place)
) AS b (span, starts_at, coins, place)
WHERE
    s.board_id = $1
    AND s.user_id = $4
    AND b.span = $2
    AND b.starts_at = $3
UNION ALL
SELECT
    user_id,
    coins,
    place
FROM room_gifter
WHERE
    $2 = 'ROOM'
    AND room_id = $1
    AND user_id = $4;

-- name: find_next
-- The one directly before somebody: as many coins and sooner, or more.
-- $1 board_id, $2 span, $3 when the window began, $4 coins, $5 place
(
    SELECT
        user_id,
        coins,
        place
    FROM board
    WHERE
        board_id = $1
        AND span = $2
        AND starts_at = $3
        AND coins = $4
        AND place < $5
    ORDER BY coins, place DESC
    LIMIT 1
)
UNION ALL
(
    SELECT
        user_id,
        coins,
        place
    FROM board
    WHERE
        board_id = $1
        AND span = $2
        AND starts_at = $3
        AND coins > $4
    ORDER BY coins, place DESC
    LIMIT 1
)
LIMIT 1;

-- name: count_between
-- How many stand before somebody and not before a rung that is no further back; each part is counted
-- no further than told.
-- $1 board_id, $2 span, $3 when the window began; $4 coins, $5 place; $6 coins and $7 place of the
-- rung; $8 at most
SELECT count(*)
FROM (
    (
        SELECT
        FROM board
        WHERE
            board_id = $1
            AND span = $2
            AND starts_at = $3
            AND coins = $4
            AND place < $5
            AND place >= CASE WHEN $6 = $4 THEN $7 ELSE 0::bigint END
        LIMIT $8
    )
    UNION ALL
    (
        SELECT
        FROM board
        WHERE
            board_id = $1
            AND span = $2
            AND starts_at = $3
            AND coins > $4
            AND coins < $6
        LIMIT $8
    )
    UNION ALL
    (
        SELECT
        FROM board
        WHERE
            board_id = $1
            AND span = $2
            AND starts_at = $3
            AND coins = CASE WHEN $6 > $4 THEN $6 END
            AND place >= $7
        LIMIT $8
    )
) AS between_them;

-- name: select_rungs
-- Every so many places of a board who stands there, from the first on.
-- $1 board_id, $2 span, $3 when the window began, $4 places from rung to rung
SELECT
    coins,
    place,
    rank
FROM (
    SELECT
        coins,
        place,
        row_number() OVER (ORDER BY coins DESC, place) AS rank
    FROM board
    WHERE
        board_id = $1
        AND span = $2
        AND starts_at = $3
        AND coins > 0
) AS ranked
WHERE rank % $4 = 0
ORDER BY rank;

-- name: ensure_consent
-- Sets what a gifter decided; the last decision counts. Unchanged rows are left alone.
-- $1 user_id, $2 is_shown, $3 changed_at
INSERT INTO board_consent AS c (user_id, is_shown, changed_at)
VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE
    SET
        is_shown = excluded.is_shown,
        changed_at = excluded.changed_at
    WHERE c.is_shown <> excluded.is_shown;

-- name: select_named
-- Those of the gifters who may be named, and what they call themselves.
-- $1 user_ids
SELECT
    c.user_id,
    n.name
FROM board_consent AS c
LEFT JOIN user_name AS n ON c.user_id = n.user_id
WHERE
    c.user_id = any($1::text[])
    AND c.is_shown;
