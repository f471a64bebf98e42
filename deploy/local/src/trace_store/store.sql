-- name: insert_span
-- An exporter that got no answer sends its spans again.
INSERT OR REPLACE INTO span (
    trace_id, span_id, parent_id, process, name, kind, start_ns, end_ns, error, attributes, links,
    events
)
VALUES (
    :trace_id, :span_id, :parent_id, :process, :name, :kind, :start_ns, :end_ns, :error,
    :attributes, :links, :events
);

-- name: insert_trace
-- A trace's spans arrive from several processes, in any order.
-- :trace_id, :began_ns, :gift_id, :is_batch
INSERT INTO trace (trace_id, began_ns, gift_id, is_batch)
VALUES (:trace_id, :began_ns, :gift_id, :is_batch)
ON CONFLICT (trace_id) DO UPDATE SET
    began_ns = min(began_ns, excluded.began_ns),
    gift_id = coalesce(gift_id, excluded.gift_id),
    is_batch = max(is_batch, excluded.is_batch);

-- name: select_traces
-- Newest first. :id (a trace's or a gift's; NULL for all), :with_batches, :limit
WITH latest AS (
    SELECT trace_id, began_ns, gift_id
    FROM trace
    WHERE
        (:id IS NULL AND (:with_batches OR NOT is_batch))
        OR trace_id = :id
        OR gift_id = :id
    ORDER BY began_ns DESC
    LIMIT :limit
)

SELECT
    latest.trace_id,
    latest.gift_id,
    latest.began_ns,
    max(span.end_ns) - latest.began_ns AS duration_ns,
    count(*) AS spans,
    count(DISTINCT span.process) AS processes,
    count(span.error) AS errors,
    (
        SELECT root.name FROM span AS root
        WHERE root.trace_id = latest.trace_id
        ORDER BY root.start_ns
        LIMIT 1
    ) AS name
FROM latest
INNER JOIN span ON latest.trace_id = span.trace_id
GROUP BY latest.trace_id, latest.gift_id, latest.began_ns
ORDER BY latest.began_ns DESC;

-- name: select_spans
-- In the order in which they began. :trace_id
SELECT
    trace_id, span_id, parent_id, process, name, kind, start_ns, end_ns, error, attributes, links,
    events
FROM span
WHERE trace_id = :trace_id
ORDER BY start_ns, end_ns DESC;

-- name: select_oldest
-- :limit
SELECT trace_id FROM trace ORDER BY began_ns LIMIT :limit;

-- name: delete_spans
-- :trace_id
DELETE FROM span WHERE trace_id = :trace_id;

-- name: delete_trace
-- :trace_id
DELETE FROM trace WHERE trace_id = :trace_id;
