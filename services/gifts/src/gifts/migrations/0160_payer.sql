-- What the sender's token said when the gift was requested, as the charge request tells the wallet:
-- platform caps go by it. Null: nothing, as of gifts that are older than this.
ALTER TABLE gift
ADD COLUMN payer_region text COLLATE "C"
CONSTRAINT gift_payer_region CHECK (payer_region ~ '^[A-Z]{2}$'),
ADD COLUMN payer_age text COLLATE "C"
CONSTRAINT gift_payer_age CHECK (payer_age IN ('adult', 'supervised')),
DROP CONSTRAINT gift_limit_name_check,
ADD CONSTRAINT gift_limit_name CHECK (
    limit_name IN (
        'day', 'week', 'creator_day', 'platform_day', 'platform_week', 'per_transaction'
    )
);
