-- name: ensure_offsets
-- A partition read for the first time starts at the oldest record that the broker has.
-- $1 topics, $2 partitions, $3 first offsets
INSERT INTO consumed_offset (topic, partition, next_offset)
SELECT
    topic,
    partition,
    next_offset
FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS i (topic, partition, next_offset)
ON CONFLICT DO NOTHING;

-- name: select_offsets
-- $1 topics, $2 partitions
SELECT
    o.topic,
    o.partition,
    o.next_offset
FROM consumed_offset AS o
INNER JOIN unnest($1::text[], $2::integer[]) AS i (topic, partition)
    ON o.topic = i.topic AND o.partition = i.partition;

-- name: move_fence
-- The fence: each partition moves on only from where this consumer believes it to be. Fewer rows
-- than partitions means a replay, or that another owner has taken over; the caller aborts.
-- $1 topics, $2 partitions, $3 expected next offsets, $4 new next offsets
UPDATE consumed_offset AS o
SET next_offset = i.new_offset
FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[])
    AS i (topic, partition, expected_offset, new_offset)
WHERE
    o.topic = i.topic
    AND o.partition = i.partition
    AND o.next_offset = i.expected_offset
RETURNING o.partition;

-- name: insert_dead_letters
-- $1 topics, $2 partitions, $3 offsets, $4 keys, $5 values, $6 headers, $7 reasons
INSERT INTO dead_letter (
    topic, partition, record_offset, record_key, record_value, headers, reason
)
SELECT
    topic,
    partition,
    record_offset,
    record_key,
    record_value,
    headers,
    reason
FROM unnest(
    $1::text[], $2::integer[], $3::bigint[], $4::bytea[], $5::bytea[], $6::text[], $7::text[]
) AS i (topic, partition, record_offset, record_key, record_value, headers, reason)
ON CONFLICT DO NOTHING;
