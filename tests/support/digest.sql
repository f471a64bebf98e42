-- name: define_digest
-- One row per table of the database: its rows' number, and a sum that any change of a row changes.
CREATE OR REPLACE FUNCTION pg_temp.digest()
RETURNS TABLE (table_name text, row_count bigint, content numeric)
LANGUAGE plpgsql AS $$
BEGIN
    FOR table_name IN
        SELECT t.tablename
        FROM pg_tables AS t
        WHERE
            t.schemaname = 'public'
            -- Grow with time alone, or follow behind what others hold.
            AND t.tablename NOT IN ('statement_mark', 'figure_fold', 'creator_figure')
        ORDER BY t.tablename
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L::text, count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM %I AS t',
            table_name,
            table_name
        );
    END LOOP;
END;
$$;

-- name: select_digest
SELECT
    table_name,
    row_count,
    content
FROM pg_temp.digest();

-- name: select_unpublished
-- Streams that hold events which the relay has not published.
SELECT count(*)
FROM outbox_stream AS s
LEFT JOIN outbox_cursor AS c ON s.stream = c.stream
WHERE s.next_seq > coalesce(c.next_seq, 1);

-- name: select_restless_rooms
-- Live rooms in which something will happen by itself: a frame, the end of a streak.
SELECT count(*)
FROM room
WHERE untold OR streaks_end_at IS NOT NULL;

-- name: select_consumed
SELECT
    topic,
    partition,
    next_offset
FROM consumed_offset;

-- name: count_dead_letters
SELECT count(*) FROM dead_letter;
