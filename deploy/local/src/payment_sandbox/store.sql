-- name: insert_checkout
-- :payment_id, :reference, :amount_minor, :currency, :description, :return_url, :created_at
INSERT INTO checkout (
    payment_id, reference, amount_minor, currency, description, return_url, status, created_at
)
VALUES (
    :payment_id, :reference, :amount_minor, :currency, :description, :return_url, 'open',
    :created_at
)
ON CONFLICT (reference) DO NOTHING;

-- name: insert_quantity
-- :reference, :quantity
INSERT INTO checkout_quantity (payment_id, quantity)
SELECT payment_id, :quantity FROM checkout WHERE reference = :reference;

-- name: find_checkout
-- :payment_id, :reference: either
SELECT
    payment_id, reference, amount_minor, currency, description, return_url,
    coalesce(quantity, 1), status, created_at
FROM checkout
LEFT JOIN checkout_quantity USING (payment_id)
WHERE payment_id = :payment_id OR reference = :reference;

-- name: decide_checkout
-- Does nothing to a checkout that was decided before.
-- :payment_id, :status
UPDATE checkout SET status = :status
WHERE payment_id = :payment_id AND status = 'open';

-- name: insert_event
-- :event_id, :payment_id, :type, :body, :created_at, :due_at
INSERT INTO event (event_id, payment_id, type, body, created_at, due_at)
VALUES (:event_id, :payment_id, :type, :body, :created_at, :due_at);

-- name: select_queued
-- Undelivered events, the first due first. :now (Unix seconds), :limit
SELECT due_at - :now AS due_in_s, event_id, payment_id, type, body, created_at, delivered_at
FROM event
WHERE due_at IS NOT NULL
ORDER BY due_at
LIMIT :limit;

-- name: select_events
-- Newest first. :payment_id (NULL for all), :event_id (NULL for all), :limit
SELECT event_id, payment_id, type, body, created_at, delivered_at
FROM event
WHERE
    (:payment_id IS NULL OR payment_id = :payment_id)
    AND (:event_id IS NULL OR event_id = :event_id)
ORDER BY rowid DESC
LIMIT :limit;

-- name: select_attempts
-- Oldest first. :event_id
SELECT attempted_at, outcome FROM attempt WHERE event_id = :event_id ORDER BY rowid;

-- name: insert_attempt
-- :event_id, :attempted_at, :outcome
INSERT INTO attempt (event_id, attempted_at, outcome)
VALUES (:event_id, :attempted_at, :outcome);

-- name: mark_delivered
-- :event_id, :delivered_at
UPDATE event SET delivered_at = :delivered_at, due_at = NULL, tries = 0
WHERE event_id = :event_id;

-- name: find_tries
-- :event_id
SELECT tries FROM event WHERE event_id = :event_id;

-- name: postpone_event
-- :event_id, :due_at (Unix seconds)
UPDATE event SET due_at = :due_at, tries = tries + 1
WHERE event_id = :event_id;

-- name: send_again
-- :event_id, :due_at (Unix seconds)
UPDATE event SET due_at = :due_at, tries = 0
WHERE event_id = :event_id;

-- name: insert_repeats
-- :event_id, :repeats
INSERT INTO event_repeat (event_id, repeats) VALUES (:event_id, :repeats);

-- name: use_repeat
-- :event_id
UPDATE event_repeat SET repeats = repeats - 1
WHERE event_id = :event_id AND repeats > 0;

-- name: find_faults
SELECT outage, late_s, shuffled, repeats FROM faults;

-- name: set_faults
-- :outage, :late_s, :shuffled, :repeats
INSERT INTO faults (id, outage, late_s, shuffled, repeats)
VALUES (1, :outage, :late_s, :shuffled, :repeats)
ON CONFLICT (id) DO UPDATE
    SET
        outage = excluded.outage,
        late_s = excluded.late_s,
        shuffled = excluded.shuffled,
        repeats = excluded.repeats;

-- name: find_returned
-- What went back of a payment so far. :payment_id
SELECT refunded_minor, returned_minor, voided FROM returned WHERE payment_id = :payment_id;

-- name: set_returned
-- :payment_id, :refunded_minor, :returned_minor, :voided
INSERT INTO returned (payment_id, refunded_minor, returned_minor, voided)
VALUES (:payment_id, :refunded_minor, :returned_minor, :voided)
ON CONFLICT (payment_id) DO UPDATE
    SET
        refunded_minor = excluded.refunded_minor,
        returned_minor = excluded.returned_minor,
        voided = excluded.voided;

-- name: insert_dispute
-- :dispute_id, :payment_id, :disputed_minor, :fee_minor
INSERT INTO dispute (dispute_id, payment_id, disputed_minor, fee_minor, stage)
VALUES (:dispute_id, :payment_id, :disputed_minor, :fee_minor, 'opened');

-- name: find_dispute
-- :dispute_id
SELECT dispute_id, payment_id, disputed_minor, fee_minor, stage
FROM dispute
WHERE dispute_id = :dispute_id;

-- name: decide_dispute
-- :dispute_id, :stage
UPDATE dispute SET stage = :stage WHERE dispute_id = :dispute_id;
