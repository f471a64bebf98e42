-- Gifts that their senders undo are taken back like any other, mature or not: they never were.
ALTER TABLE clawback
DROP CONSTRAINT clawback_reason_check,
DROP CONSTRAINT clawback_takes_what_is_not_mature,
ADD CONSTRAINT clawback_reason_check CHECK (
    reason IN ('refund', 'void', 'chargeback', 'minor_refund', 'undo')
),
-- What is mature is the creator's, whatever happens to the payment (E04).
ADD CONSTRAINT clawback_takes_what_is_not_mature CHECK (
    cause_id <> reversal_id
    OR covered_coins = 0
    OR reason = 'undo'
    OR matures_on > (settled_at AT TIME ZONE 'UTC')::date
);
