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

-- Of how many pieces a payment is, for refunds by quantity. Apart from `checkout`, since files of
-- earlier versions have that table already.
CREATE TABLE IF NOT EXISTS checkout_quantity (
    payment_id TEXT PRIMARY KEY REFERENCES checkout (payment_id),
    quantity INTEGER NOT NULL CHECK (quantity > 0)
);

-- What went back of a payment, in all so far, and what of that came back.
CREATE TABLE IF NOT EXISTS returned (
    payment_id TEXT PRIMARY KEY REFERENCES checkout (payment_id),
    refunded_minor INTEGER NOT NULL CHECK (refunded_minor >= 0),
    returned_minor INTEGER NOT NULL CHECK (returned_minor BETWEEN 0 AND refunded_minor),
    voided INTEGER NOT NULL CHECK (voided IN (0, 1))
);

CREATE TABLE IF NOT EXISTS dispute (
    dispute_id TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES checkout (payment_id),
    disputed_minor INTEGER NOT NULL CHECK (disputed_minor > 0),
    fee_minor INTEGER NOT NULL CHECK (fee_minor >= 0),
    stage TEXT NOT NULL CHECK (stage IN ('opened', 'lost', 'won'))
);

-- How deliveries are disturbed: one row, or none.
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    outage INTEGER NOT NULL,
    late_s REAL NOT NULL,
    shuffled INTEGER NOT NULL,
    repeats INTEGER NOT NULL
);

-- Events to deliver again after they were taken, and how often.
CREATE TABLE IF NOT EXISTS event_repeat (
    event_id TEXT PRIMARY KEY REFERENCES event (event_id),
    repeats INTEGER NOT NULL CHECK (repeats >= 0)
);
