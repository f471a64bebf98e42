-- Providers that make a payment only when the viewer pays: until then a purchase has a page and no
-- payment, and where the viewer never pays there is none at all.
ALTER TABLE purchase
DROP CONSTRAINT purchase_payable_has_page,
DROP CONSTRAINT purchase_decided_has_payment,
ADD CONSTRAINT purchase_payable_has_page CHECK (
    status <> 'PENDING' OR checkout_url IS NOT NULL
),
ADD CONSTRAINT purchase_paid_has_payment CHECK (
    status IN ('CREATED', 'PENDING', 'DECLINED') OR payment_id IS NOT NULL
);

-- What is known and calls for nothing.
ALTER TABLE provider_event
DROP CONSTRAINT provider_event_payment_outcome_check,
ADD CONSTRAINT provider_event_payment_outcome_check CHECK (
    payment_outcome IN ('succeeded', 'declined', 'claimed', 'noted')
);

-- What was told of a payment's way back, be it known whose payment it was or not.
CREATE INDEX provider_event_claims ON provider_event (provider, payment_id)
WHERE claim IS NOT NULL;
