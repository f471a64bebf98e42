-- name: append
-- Adds one row per stream and wakes the relay at commit. The stream's row stays locked until then,
-- which is what makes `seq` gap-free and the order of commits; so call this last in a transaction.
-- Streams are locked in name order: two writers of several streams then queue instead of deadlocking.
-- $1 streams, $2 records, $3 events per row
WITH incoming AS (
    SELECT
        stream,
        records,
        events
    FROM unnest($1::text[], $2::bytea[], $3::integer[]) AS i (stream, records, events)
    ORDER BY stream
),

head AS (
    INSERT INTO outbox_stream AS s (stream, next_seq, head_hash)
    SELECT
        stream,
        2,
        sha256(records)
    FROM incoming
    ON CONFLICT (stream) DO UPDATE
        SET
            next_seq = s.next_seq + 1,
            head_hash = sha256(s.head_hash || excluded.head_hash)
    RETURNING s.stream, s.next_seq - 1 AS seq, s.head_hash
),

added AS (
    INSERT INTO outbox (stream, seq, events, records, hash)
    SELECT
        i.stream,
        h.seq,
        i.events,
        i.records,
        h.head_hash
    FROM incoming AS i
    INNER JOIN head AS h ON i.stream = h.stream
    RETURNING 1
)

SELECT pg_notify('outbox', '')
FROM (SELECT count(*) FROM added) AS n;

-- name: lock_relay
-- One relay per database. Held by the session, so a dead relay gives it up.
SELECT pg_try_advisory_lock(hashtext('largesse.relay'));

-- name: select_unpublished
-- In order within each stream; at most $1 rows of each, so that a busy stream starves no other.
-- $1 rows per stream
SELECT
    s.stream,
    o.seq,
    o.records,
    o.created_at
FROM outbox_stream AS s
LEFT JOIN outbox_cursor AS c ON s.stream = c.stream
CROSS JOIN LATERAL (
    SELECT
        o.seq,
        o.records,
        o.created_at
    FROM outbox AS o
    WHERE o.stream = s.stream AND o.seq >= coalesce(c.next_seq, 1)
    ORDER BY o.seq
    LIMIT $1
) AS o
ORDER BY s.stream, o.seq;

-- name: move_cursors
-- $1 streams, $2 next sequence numbers
INSERT INTO outbox_cursor AS c (stream, next_seq)
SELECT
    stream,
    next_seq
FROM unnest($1::text[], $2::bigint[]) AS i (stream, next_seq)
ON CONFLICT (stream) DO UPDATE SET next_seq = greatest(c.next_seq, excluded.next_seq);

-- name: find_oldest_unpublished
-- Age in seconds of the oldest event that waits for the relay; 0 where none does.
SELECT coalesce(extract(EPOCH FROM clock_timestamp() - min(o.created_at)), 0)::float8
FROM outbox_stream AS s
LEFT JOIN outbox_cursor AS c ON s.stream = c.stream
CROSS JOIN LATERAL (
    SELECT o.created_at
    FROM outbox AS o
    WHERE o.stream = s.stream AND o.seq >= coalesce(c.next_seq, 1)
    ORDER BY o.seq
    LIMIT 1
) AS o;

-- name: delete_published
-- The oldest rows that are published and older than $1; the chain then starts at what is left.
-- $1 interval, $2 rows at most per stream
DELETE FROM outbox AS o
USING outbox_cursor AS c
WHERE
    o.stream = c.stream
    AND o.seq < c.next_seq
    AND o.created_at < clock_timestamp() - $1::interval
    AND o.seq < (SELECT min(oldest.seq) FROM outbox AS oldest WHERE oldest.stream = c.stream) + $2;
