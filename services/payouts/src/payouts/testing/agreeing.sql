-- name: select_unbalanced
-- The commissions of a payout are what it says, and each is within a whole unit of its share of
-- gross; agencies are owed those of payouts that are paid, less what stands of their own payouts.
WITH owed AS (
    SELECT
        agency_id,
        currency,
        sum(amount_minor) AS amount_minor
    FROM (
        SELECT
            c.agency_id,
            p.currency,
            c.amount_minor
        FROM payout_commission AS c
        INNER JOIN payout AS p USING (payout_id)
        WHERE p.status = 'PAID'
        UNION ALL
        SELECT
            creator_id,
            currency,
            -gross_minor
        FROM payout
        WHERE source = 'COMMISSIONS' AND status NOT IN ('CANCELED', 'FAILED', 'RETURNED')
    ) AS each
    GROUP BY agency_id, currency
),

booked AS (
    SELECT
        agency_id,
        currency,
        sum(amount_minor) AS amount_minor
    FROM commission_entry
    GROUP BY agency_id, currency
)

SELECT agency_id || ' ' || currency AS wrong
FROM owed AS o
FULL JOIN booked AS b USING (agency_id, currency)
WHERE coalesce(o.amount_minor, 0) <> coalesce(b.amount_minor, 0)
UNION ALL
SELECT p.payout_id::text
FROM payout AS p
WHERE
    p.commission_minor <> (
        SELECT coalesce(sum(amount_minor), 0) FROM payout_commission WHERE payout_id = p.payout_id
    );
