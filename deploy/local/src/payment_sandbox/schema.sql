-- The sandbox's memory: one SQLite file. Times are ISO 8601 texts in UTC, but for `due_at`, which is
-- compared with the clock and therefore is in Unix seconds.
CREATE TABLE IF NOT EXISTS checkout (
    payment_id TEXT PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    description TEXT NOT NULL,
    return_url TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'declined')),
    created_at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS event (
    event_id TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES checkout (payment_id),
    type TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at TEXT NOT NULL,
    delivered_at TEXT,
    -- Attempts since the event was made or sent again: the pause grows with them.
    tries INTEGER NOT NULL DEFAULT 0,
    -- When to try next; NULL once delivered.
    due_at REAL
);

CREATE INDEX IF NOT EXISTS event_due ON event (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS event_payment ON event (payment_id);

CREATE TABLE IF NOT EXISTS attempt (
    event_id TEXT NOT NULL REFERENCES event (event_id),
    attempted_at TEXT NOT NULL,
    outcome TEXT NOT NULL
);

CREATE INDEX IF NOT EXISTS attempt_event ON attempt (event_id);
