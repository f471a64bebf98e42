-- name: insert_contract
-- Nothing is returned where the id is taken.
-- $1 contract_id, $2 creator_id, $3 agency_id, $4 share_bps, $5 effective_from, $6 ends_at,
-- $7 moment, $8 by whom
INSERT INTO agency_contract (
    contract_id,
    creator_id,
    agency_id,
    share_bps,
    effective_from,
    ends_at,
    proposed_at,
    moved_at,
    moved_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)
ON CONFLICT (contract_id) DO NOTHING
RETURNING contract_id;

-- name: find_contract
-- $1 contract_id
SELECT
    contract_id,
    creator_id,
    agency_id,
    share_bps,
    effective_from,
    ends_at,
    proposed_at,
    accepted_at,
    status,
    moved_at
FROM agency_contract
WHERE contract_id = $1;

-- name: update_contract
-- Returns nothing where the contract is no longer as it was.
-- $1 contract_id, $2 status before, $3 status after, $4 moment, $5 actor, $6 reason
UPDATE agency_contract
SET
    status = $3,
    accepted_at = CASE $3 WHEN 'ACCEPTED' THEN $4::timestamptz ELSE accepted_at END,
    moved_at = $4,
    moved_by = $5,
    reason = $6
WHERE contract_id = $1 AND status = $2
RETURNING contract_id;

-- name: select_accepted
-- All to which a creator has ever agreed: as many as there were agencies and versions.
-- $1 creator_id
SELECT
    contract_id,
    creator_id,
    agency_id,
    share_bps,
    effective_from,
    ends_at,
    proposed_at,
    accepted_at,
    status,
    moved_at
FROM agency_contract
WHERE creator_id = $1 AND accepted_at IS NOT NULL;

-- name: select_of_creator
-- Newest first, before the position ($2, $3; null: from the start).
-- $1 creator_id, $2 proposed_at, $3 contract_id, $4 at most
SELECT
    contract_id,
    creator_id,
    agency_id,
    share_bps,
    effective_from,
    ends_at,
    proposed_at,
    accepted_at,
    status,
    moved_at
FROM agency_contract
WHERE
    creator_id = $1
    AND (proposed_at, contract_id) < (
        coalesce($2::timestamptz, 'infinity'),
        coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY proposed_at DESC, contract_id DESC
LIMIT $4;

-- name: select_of_creator_backward
-- The same, oldest first, after the position.
-- $1 creator_id, $2 proposed_at, $3 contract_id, $4 at most
SELECT
    contract_id,
    creator_id,
    agency_id,
    share_bps,
    effective_from,
    ends_at,
    proposed_at,
    accepted_at,
    status,
    moved_at
FROM agency_contract
WHERE
    creator_id = $1
    AND (proposed_at, contract_id) > (
        coalesce($2::timestamptz, '-infinity'),
        coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY proposed_at, contract_id
LIMIT $4;

-- name: select_of_agency
-- Newest first, before the position ($2, $3; null: from the start).
-- $1 agency_id, $2 proposed_at, $3 contract_id, $4 at most
SELECT
    contract_id,
    creator_id,
    agency_id,
    share_bps,
    effective_from,
    ends_at,
    proposed_at,
    accepted_at,
    status,
    moved_at
FROM agency_contract
WHERE
    agency_id = $1
    AND (proposed_at, contract_id) < (
        coalesce($2::timestamptz, 'infinity'),
        coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY proposed_at DESC, contract_id DESC
LIMIT $4;

-- name: select_of_agency_backward
-- The same, oldest first, after the position.
-- $1 agency_id, $2 proposed_at, $3 contract_id, $4 at most
SELECT
    contract_id,
    creator_id,
    agency_id,
    share_bps,
    effective_from,
    ends_at,
    proposed_at,
    accepted_at,
    status,
    moved_at
FROM agency_contract
WHERE
    agency_id = $1
    AND (proposed_at, contract_id) > (
        coalesce($2::timestamptz, '-infinity'),
        coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY proposed_at, contract_id
LIMIT $4;
