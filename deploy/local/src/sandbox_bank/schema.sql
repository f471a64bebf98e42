-- The bank's memory: one SQLite file. Times are in Unix seconds.

-- How accounts behave; `*` is every account without a row of its own.
CREATE TABLE IF NOT EXISTS behaviour (
    account TEXT PRIMARY KEY,
    outcome TEXT NOT NULL CHECK (outcome IN ('pay', 'fail', 'return')),
    reason TEXT,
    delay_s REAL NOT NULL CHECK (delay_s >= 0),
    -- How long a transfer's answer takes after it was accepted.
    silence_s REAL NOT NULL CHECK (silence_s >= 0),
    is_known INTEGER NOT NULL CHECK (is_known IN (0, 1))
);

-- What the customer has with the bank. Without a row: enough.
CREATE TABLE IF NOT EXISTS funds (
    currency TEXT PRIMARY KEY,
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0)
);

CREATE TABLE IF NOT EXISTS transfer (
    key TEXT PRIMARY KEY,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    holder TEXT NOT NULL,
    country TEXT NOT NULL,
    account TEXT NOT NULL,
    bank_code TEXT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'failed', 'returned')),
    reason TEXT,
    accepted_at REAL NOT NULL,
    -- What comes next, by itself, and when; NULL once nothing does.
    next_status TEXT,
    next_reason TEXT,
    next_at REAL
);

CREATE INDEX IF NOT EXISTS transfer_due ON transfer (next_at) WHERE next_at IS NOT NULL;

-- Every step of every transfer, in order: what customers read on from where they were.
CREATE TABLE IF NOT EXISTS change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL REFERENCES transfer (key),
    status TEXT NOT NULL,
    reason TEXT,
    at REAL NOT NULL
);
