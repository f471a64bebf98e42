-- Spans lie together by trace, since a trace is always read whole. Times are nanoseconds since the
-- epoch.
CREATE TABLE IF NOT EXISTS span (
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    parent_id TEXT,
    process TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    error TEXT,
    attributes TEXT NOT NULL,
    links TEXT NOT NULL,
    events TEXT NOT NULL,
    PRIMARY KEY (trace_id, span_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS trace (
    trace_id TEXT PRIMARY KEY,
    began_ns INTEGER NOT NULL,
    gift_id TEXT,
    -- 1 for the trace of a batch, which is of interest only by way of the traces it links to.
    is_batch INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS trace_began ON trace (began_ns);
CREATE INDEX IF NOT EXISTS trace_gift ON trace (gift_id) WHERE gift_id IS NOT NULL;
