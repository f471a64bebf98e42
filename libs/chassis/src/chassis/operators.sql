-- name: insert_action
-- $1 operator_id, $2 action, $3 subject, $4 reason, $5 details, $6 acted_at
INSERT INTO operator_action (operator_id, action, subject, reason, details, acted_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: select_actions_newest
-- $1 older than this action_id, $2 actions at most
SELECT
    action_id,
    operator_id,
    action,
    subject,
    reason,
    details,
    acted_at
FROM operator_action
WHERE action_id < $1
ORDER BY action_id DESC
LIMIT $2;

-- name: select_actions_oldest
-- $1 newer than this action_id, $2 actions at most
SELECT
    action_id,
    operator_id,
    action,
    subject,
    reason,
    details,
    acted_at
FROM operator_action
WHERE action_id > $1
ORDER BY action_id ASC
LIMIT $2;

-- name: insert_proposal
-- Returns nothing where it is proposed already.
-- $1 action, $2 subject, $3 terms, $4 proposed_by, $5 reason, $6 proposed_at
INSERT INTO operator_proposal (action, subject, terms, proposed_by, reason, proposed_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
RETURNING proposed_by;

-- name: lock_proposal
-- $1 action, $2 subject
SELECT
    terms,
    proposed_by,
    approved_by
FROM operator_proposal
WHERE action = $1 AND subject = $2
FOR UPDATE;

-- name: approve_proposal
-- $1 action, $2 subject, $3 approved_by, $4 approved_at
UPDATE operator_proposal
SET
    approved_by = $3,
    approved_at = $4
WHERE action = $1 AND subject = $2;
