-- name: lock
-- One migrator at a time in this database; released when the session ends.
SELECT pg_advisory_lock(hashtext('largesse.migrate'));

-- name: ensure_table
CREATE TABLE IF NOT EXISTS schema_migration (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: select_applied
SELECT
    version,
    checksum
FROM schema_migration;

-- name: insert_applied
-- $1 version, $2 name, $3 checksum
INSERT INTO schema_migration (version, name, checksum)
VALUES ($1, $2, $3);
