-- Sending payouts: what was tried, what rails have told, and how far it was read.

-- A payout that was submitted. Written before its rail is asked for the first time, and again before
-- each time: whoever finds a try on record asks the rail what it knows before ordering anew (E58).
CREATE TABLE payout_sending (
    payout_id uuid PRIMARY KEY REFERENCES payout,
    rail text NOT NULL,
    tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_at timestamptz NOT NULL,
    -- When the rail was known to have it; nothing is ordered after that.
    accepted_at timestamptz,
    -- Why it is not there yet, such as the rail's balance (E59).
    waits_for text CHECK (length(waits_for) BETWEEN 1 AND 64)
);

CREATE INDEX payout_sending_due ON payout_sending (rail, next_at) WHERE accepted_at IS NULL;

-- How far each rail's changes were read; moves in the transaction of their effect.
CREATE TABLE rail_cursor (
    rail text PRIMARY KEY,
    after_seq bigint NOT NULL CHECK (after_seq >= 0)
);

-- What rails have told, and what came of it.
CREATE TABLE rail_change (
    rail text NOT NULL,
    seq bigint NOT NULL,
    transfer_key text NOT NULL,
    status text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    reason text,
    effect text NOT NULL CHECK (effect IN ('applied', 'ignored', 'unknown', 'mismatched')),
    read_at timestamptz NOT NULL,
    PRIMARY KEY (rail, seq)
);

CREATE TRIGGER rail_change_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON rail_change
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
