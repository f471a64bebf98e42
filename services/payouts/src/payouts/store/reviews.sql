-- name: lock_creator
-- Before any row: whoever reviews a creator, adds or disables a method, or requests, cancels or
-- sends a payout waits for the others. Accruals do not: they share no row but the buckets.
-- $1 creator_id
SELECT pg_advisory_xact_lock(hashtextextended('payouts.creator:' || $1, 0));

-- name: insert_review
-- $1 creator_id, $2 decision, $3 reason, $4 reviewed_by, $5 reviewed_at
INSERT INTO creator_review (creator_id, decision, reason, reviewed_by, reviewed_at)
VALUES ($1, $2, $3, $4, $5);

-- name: find_standing
-- The newest decision of each kind: $2 and $3 are the decisions of a kind.
-- $1 creator_id, $2 decisions on identity, $3 decisions on sanctions
SELECT
    (
        SELECT decision
        FROM creator_review
        WHERE creator_id = $1 AND decision = any($2::text[])
        ORDER BY review_id DESC
        LIMIT 1
    ) AS identity,
    (
        SELECT decision
        FROM creator_review
        WHERE creator_id = $1 AND decision = any($3::text[])
        ORDER BY review_id DESC
        LIMIT 1
    ) AS sanctions;

-- name: find_known
-- The newest decision of each kind, of $4 alone and of everybody else.
-- $1 creator_id, $2 decisions on identity, $3 decisions on sanctions, $4 reviewer
WITH newest AS (
    SELECT DISTINCT ON (decision = any($2::text[]), reviewed_by = $4)
        decision,
        decision = any($2::text[]) AS is_identity,
        reviewed_by = $4 AS is_own
    FROM creator_review
    WHERE creator_id = $1 AND (decision = any($2::text[]) OR decision = any($3::text[]))
    ORDER BY decision = any($2::text[]), reviewed_by = $4, review_id DESC
)

SELECT
    (SELECT decision FROM newest WHERE is_identity AND is_own) AS own_identity,
    (SELECT decision FROM newest WHERE NOT is_identity AND is_own) AS own_sanctions,
    (SELECT decision FROM newest WHERE is_identity AND NOT is_own) AS identity,
    (SELECT decision FROM newest WHERE NOT is_identity AND NOT is_own) AS sanctions;
