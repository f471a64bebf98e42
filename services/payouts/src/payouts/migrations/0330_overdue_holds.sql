-- The review of held payouts is timed.

-- Once per hold: somebody was told that its review is overdue and that it waits for them.
CREATE TABLE payout_escalation (
    payout_id uuid NOT NULL REFERENCES payout,
    -- Since when it is held: it may be released and held again.
    held_at timestamptz NOT NULL,
    escalated_at timestamptz NOT NULL,
    PRIMARY KEY (payout_id, held_at),
    CONSTRAINT payout_escalation_after_hold CHECK (escalated_at > held_at)
);

CREATE TRIGGER payout_escalation_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_escalation
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Where the first terms are in force already, the next ones begin here: `seed` finds them as it would
-- have written them. They are the same but for the review, so that no payout that was requested since
-- then was promised anything else. A new system has no terms yet; `seed` gives it both.
INSERT INTO payout_terms (version, effective_from, document)
SELECT
    2,
    '2026-11-28T00:00:00Z',
    (
        document::jsonb || '{
            "version": 2,
            "effective_from": "2026-11-28T00:00:00Z",
            "held_review_days": 7,
            "returns_overdue_holds": ["identity_not_verified"]
        }'::jsonb
    )::text
FROM payout_terms
WHERE
    version = 1
    AND effective_from < '2026-11-28T00:00:00Z'
    AND NOT EXISTS (SELECT FROM payout_terms WHERE version = 2);
