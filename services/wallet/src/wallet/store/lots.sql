-- name: select_lots
-- $1 lot_ids
SELECT
    lot_id,
    class,
    refundable_until,
    expires_at
FROM lot
WHERE lot_id = any($1::bigint[]);

-- name: insert_lot
-- A lot that can expire is noted for the sweeper in the same statement, so that none is missed.
-- $1 account_id, $2 class, $3 coins, $4 acquired_at, $5 refundable_until, $6 expires_at,
-- $7 movement_id, $8 source_kind, $9 source_id
WITH added AS (
    INSERT INTO lot (
        account_id,
        class,
        coins,
        acquired_at,
        refundable_until,
        expires_at,
        movement_id,
        source_kind,
        source_id
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    RETURNING
        lot_id,
        account_id,
        expires_at
),

noted AS (
    INSERT INTO lot_to_expire (expires_at, lot_id, account_id)
    SELECT
        expires_at,
        lot_id,
        account_id
    FROM added
    WHERE expires_at IS NOT NULL
)

SELECT lot_id
FROM added;

-- name: select_lots_to_expire
-- The oldest first.
-- $1 now, $2 lots at most
SELECT
    lot_id,
    account_id
FROM lot_to_expire
WHERE expires_at <= $1
ORDER BY
    expires_at,
    lot_id
LIMIT $2;

-- name: delete_lots_to_expire
-- $1 now, $2 account_ids
DELETE FROM lot_to_expire
WHERE expires_at <= $1 AND account_id = any($2::bigint[]);
