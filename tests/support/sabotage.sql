-- name: create_full_disk
CREATE TABLE full_disk (filler text NOT NULL);

-- name: create_write_to_full_disk
-- With the rights of its owner: the service need not be allowed to write there.
CREATE FUNCTION write_to_full_disk() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO full_disk (filler) VALUES ('x');
    RETURN NULL;
END;
$$;

-- name: find_full_disk
SELECT current_setting('data_directory') || '/' || pg_relation_filepath('full_disk');

-- name: define_fill
-- From then on whoever writes to the table also writes to the full disk.
CREATE OR REPLACE FUNCTION pg_temp.fill(table_name text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER disk_is_full AFTER INSERT ON %I'
        ' FOR EACH STATEMENT EXECUTE FUNCTION write_to_full_disk()',
        table_name
    );
END;
$$;

-- name: fill
-- $1 table
SELECT pg_temp.fill($1);

-- name: drop_write_to_full_disk
DROP FUNCTION write_to_full_disk CASCADE;

-- name: drop_full_disk
DROP TABLE full_disk;

-- name: define_limit_locks
CREATE OR REPLACE FUNCTION pg_temp.limit_locks(role_name text, timeout text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', role_name, timeout);
END;
$$;

-- name: limit_locks
-- How long sessions of a role that begin from now on wait for a lock.
-- $1 role, $2 time; 0 for ever
SELECT pg_temp.limit_locks($1, $2);

-- name: terminate_sessions
-- Every session of the roles, in any database.
-- $1 roles
SELECT count(pg_terminate_backend(pid))
FROM pg_stat_activity
WHERE usename = any($1::text[]);

-- name: define_lock_rows
CREATE OR REPLACE FUNCTION pg_temp.lock_rows(table_name text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', table_name);
END;
$$;

-- name: lock_rows
-- Nobody else can write to the table until the transaction ends.
-- $1 table
SELECT pg_temp.lock_rows($1);
