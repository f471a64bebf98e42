-- What every service has: its outbox, how far it has read, and what it could not apply.
-- A question answers with: how many things were compared, how many are wrong, and a few of those.

-- name: sequences
-- Rows of a stream are numbered without a gap up to its head. Only retention takes rows away, the
-- oldest first and never before they are a week old.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(stream) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        stream,
        s.stream IS NULL
        OR s.next_seq - 1 <> coalesce(o.last_seq, s.next_seq - 1)
        OR o.rows <> o.last_seq - o.first_seq + 1
        OR (is_young AND coalesce(o.first_seq, 0) <> 1) AS is_wrong
    FROM outbox_stream AS s
    FULL JOIN (
        SELECT
            stream,
            count(*) AS rows,
            min(seq) AS first_seq,
            max(seq) AS last_seq
        FROM outbox
        GROUP BY stream
    ) AS o USING (stream)
    CROSS JOIN (
        SELECT min(applied_at) > clock_timestamp() - INTERVAL '7 days' AS is_young
        FROM schema_migration
    ) AS database
) AS streams;

-- name: chain
-- Each row's hash follows from the row before it and its own records; the head knows the last one.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(stream || ' ' || seq) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        o.stream,
        o.seq,
        o.hash IS DISTINCT FROM CASE
            WHEN o.seq = 1 THEN sha256(o.records)
            -- Retention took the row before it.
            WHEN o.previous_hash IS NULL THEN o.hash
            ELSE sha256(o.previous_hash || sha256(o.records))
        END
        OR (o.next_hash IS NULL AND o.hash IS DISTINCT FROM s.head_hash) AS is_wrong
    FROM (
        SELECT
            stream,
            seq,
            hash,
            records,
            lag(hash) OVER (PARTITION BY stream ORDER BY seq) AS previous_hash,
            lead(hash) OVER (PARTITION BY stream ORDER BY seq) AS next_hash
        FROM outbox
    ) AS o
    LEFT JOIN outbox_stream AS s USING (stream)
) AS rows;

-- name: published
-- The relay has published every row.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (
        array_agg(stream || ': ' || waiting || ' rows wait') FILTER (WHERE is_wrong)
    )[1:5] AS examples
FROM (
    SELECT
        s.stream,
        s.next_seq - coalesce(c.next_seq, 1) AS waiting,
        s.next_seq <> coalesce(c.next_seq, 1) AS is_wrong
    FROM outbox_stream AS s
    LEFT JOIN outbox_cursor AS c USING (stream)
) AS streams;

-- name: select_offsets
-- How far this service has applied each partition.
SELECT
    topic,
    partition,
    next_offset
FROM consumed_offset;

-- name: select_dead_letters
-- $1 at most
SELECT
    topic,
    partition,
    record_offset,
    reason
FROM dead_letter
ORDER BY topic, partition, record_offset
LIMIT $1;

-- name: count_dead_letters
SELECT count(*) FROM dead_letter;
