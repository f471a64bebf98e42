-- What was clawed back is in statements, in the month in which it was settled.
ALTER TABLE clawback
ADD COLUMN recorded_by xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE OR REPLACE VIEW statement_entry AS
SELECT
    creator_id,
    recorded_by,
    accrued_at AS at,
    gift_id AS entry_id,
    1 AS step,
    'EARNED' AS kind,
    micro_diamonds,
    gift_id,
    NULL::text AS payout_status,
    NULL::text AS reason,
    accrued_at AS belongs_to
FROM accrual
UNION ALL
SELECT
    p.creator_id,
    h.recorded_by,
    h.at,
    p.payout_id AS entry_id,
    h.step,
    CASE h.status WHEN 'REQUESTED' THEN 'PAID_OUT' ELSE 'GIVEN_BACK' END AS kind,
    CASE h.status WHEN 'REQUESTED' THEN -p.micro_diamonds ELSE p.micro_diamonds END
        AS micro_diamonds,
    NULL AS gift_id,
    h.status AS payout_status,
    h.reason,
    h.at AS belongs_to
FROM payout AS p
INNER JOIN payout_history AS h USING (payout_id)
WHERE h.status IN ('REQUESTED', 'CANCELED', 'FAILED', 'RETURNED')
UNION ALL
SELECT
    c.creator_id,
    c.recorded_by,
    c.settled_at AS at,
    c.cause_id AS entry_id,
    c.position + 1 AS step,
    'REVERSED' AS kind,
    CASE WHEN c.cause_id = c.reversal_id THEN -c.micro_diamonds ELSE c.micro_diamonds END
        AS micro_diamonds,
    c.gift_id,
    NULL AS payout_status,
    c.reason,
    coalesce(a.accrued_at, c.settled_at) AS belongs_to
FROM clawback AS c
LEFT JOIN accrual AS a USING (gift_id)
-- What the creator did not bear is no line of theirs.
WHERE c.micro_diamonds > 0;
