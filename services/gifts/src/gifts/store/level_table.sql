-- Published level tables. Versions are written once and never change.

-- name: lock_level_tables
-- One publisher at a time.
SELECT pg_advisory_xact_lock(hashtext('gifts.level_table'));

-- name: insert_table
-- $1 version, $2 effective_from, $3 kept_days, $4 the club's item, $5 days to stay away, $6 days of
-- decay, $7 per cent kept
INSERT INTO level_table (
    version,
    effective_from,
    kept_days,
    club_item_id,
    club_active_days,
    club_decay_days,
    club_decay_keeps_pct
)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: insert_steps
-- $1 version, $2 ladder, $3 points from which each level is reached, from the first on
INSERT INTO level_step (version, ladder, level, points)
SELECT
    $1,
    $2,
    level,
    points
FROM unnest($3::bigint[]) WITH ORDINALITY AS i (points, level);

-- name: select_tables
-- Latest first.
SELECT
    version,
    effective_from,
    kept_days,
    (
        SELECT array_agg(s.points ORDER BY s.level)
        FROM level_step AS s
        WHERE s.version = t.version AND s.ladder = 'gifters'
    ) AS gifter_points,
    club_item_id,
    club_active_days,
    club_decay_days,
    club_decay_keeps_pct,
    (
        SELECT array_agg(s.points ORDER BY s.level)
        FROM level_step AS s
        WHERE s.version = t.version AND s.ladder = 'fan_clubs'
    ) AS club_points
FROM level_table AS t
ORDER BY effective_from DESC;
