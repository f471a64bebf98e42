-- How events leave a service and how it remembers what it has read. The same in every service.

-- One row per stream of outgoing events. Its lock orders the writers of a stream, so that a
-- sequence number is also the commit order; `head_hash` chains the rows against tampering.
CREATE TABLE outbox_stream (
    stream text PRIMARY KEY,
    next_seq bigint NOT NULL CHECK (next_seq > 1),
    head_hash bytea NOT NULL
) WITH (fillfactor = 50);

-- Append-only: one row holds all events of one transaction and stream.
CREATE TABLE outbox (
    stream text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    events integer NOT NULL CHECK (events > 0),
    records bytea NOT NULL,
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stream, seq)
);
-- The records are compressed by the writer already.
ALTER TABLE outbox ALTER COLUMN records SET STORAGE EXTERNAL;

-- How far the relay has published. Apart from outbox_stream, whose row the writers hold.
CREATE TABLE outbox_cursor (
    stream text PRIMARY KEY,
    next_seq bigint NOT NULL CHECK (next_seq > 0)
) WITH (fillfactor = 50);

-- The fence: what has been applied, moved in the same transaction as the effect.
CREATE TABLE consumed_offset (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- Records that could not be applied, kept whole; moved past in the same transaction.
CREATE TABLE dead_letter (
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    record_key bytea,
    record_value bytea,
    headers text NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, partition, record_offset)
);

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', tg_table_name USING ERRCODE = 'restrict_violation';
END;
$$;
