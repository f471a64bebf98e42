-- name: insert_hosted_account
-- $1 rail, $2 creator_id, $3 method_id, $4 digest, $5 moment of the first look
INSERT INTO hosted_account (rail, creator_id, method_id, digest, look_at)
VALUES ($1, $2, $3, $4, $5);

-- name: find_hosted_account
-- The creator's account, as the first method has it.
-- $1 rail, $2 creator_id
SELECT
    a.creator_id,
    a.method_id,
    m.country,
    m.sealed_details
FROM hosted_account AS a
INNER JOIN payout_method AS m USING (method_id)
WHERE a.rail = $1 AND a.creator_id = $2;

-- name: claim_hosted_account
-- One account that is to be looked at, put off before the rail is asked: whoever is killed meanwhile
-- leaves it due again. Pauses double with each look; a webhook shortens them.
-- $1 rail, $2 moment, $3 the first pause in seconds, $4 the longest
UPDATE hosted_account AS a
SET
    looks = a.looks + 1,
    look_at = $2::timestamptz
    + make_interval(secs => least($3::double precision * 2 ^ least(a.looks, 20), $4))
FROM (
    SELECT
        rail,
        creator_id
    FROM hosted_account
    WHERE rail = $1 AND look_at <= $2
    ORDER BY look_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS due,
payout_method AS m
WHERE
    a.rail = due.rail
    AND a.creator_id = due.creator_id
    AND m.method_id = a.method_id
RETURNING a.creator_id, a.method_id, m.country, m.sealed_details;

-- name: wake_hosted_account
-- Nothing is returned where nobody has such an account.
-- $1 rail, $2 digest, $3 moment
UPDATE hosted_account
SET
    looks = 0,
    look_at = least(look_at, $3)
WHERE rail = $1 AND digest = $2
RETURNING creator_id;
