-- name: insert_watch
-- Returns how often the rail has refused the order for certain.
-- $1 rail, $2 transfer_key, $3 moment, $4 moment of the first look
INSERT INTO rail_watch AS w (rail, transfer_key, begun_at, look_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (rail, transfer_key) DO UPDATE SET look_at = coalesce(w.look_at, excluded.look_at)
RETURNING refusals;

-- name: claim_watch
-- One order that is to be looked at, put off before the rail is asked: whoever is killed meanwhile
-- leaves it due again. Pauses double with each look; one that was paid long ago is looked at no more.
-- $1 rail, $2 moment, $3 the first pause in seconds, $4 the longest, $5 paid before is final
UPDATE rail_watch AS w
SET
    looks = w.looks + 1,
    look_at = CASE
        WHEN w.told IN ('failed', 'returned') THEN NULL
        WHEN w.told = 'paid' AND w.begun_at < $5 THEN NULL
        ELSE
            $2::timestamptz
            + make_interval(secs => least($3::double precision * 2 ^ least(w.looks, 20), $4))
    END
FROM (
    SELECT
        rail,
        transfer_key
    FROM rail_watch
    WHERE rail = $1 AND look_at <= $2
    ORDER BY look_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS due
WHERE w.rail = due.rail AND w.transfer_key = due.transfer_key
RETURNING w.transfer_key, w.refusals;

-- name: wake_watch
-- Nothing is returned where there is no such order.
-- $1 rail, $2 transfer_key, $3 moment
UPDATE rail_watch
SET
    looks = 0,
    look_at = least(look_at, $3)
WHERE rail = $1 AND transfer_key = $2
RETURNING transfer_key;

-- name: count_refusal
-- $1 rail, $2 transfer_key
UPDATE rail_watch
SET refusals = refusals + 1
WHERE rail = $1 AND transfer_key = $2;

-- name: end_watch
-- $1 rail, $2 transfer_key
UPDATE rail_watch
SET look_at = NULL
WHERE rail = $1 AND transfer_key = $2;

-- name: lock_told
-- What is told gets its number and is committed by one at a time: whoever reads on from a number has
-- not passed over a smaller one.
-- $1 rail
SELECT pg_advisory_xact_lock(hashtextextended('payouts.told:' || $1, 0));

-- name: find_told
-- $1 rail, $2 transfer_key
SELECT told
FROM rail_watch
WHERE rail = $1 AND transfer_key = $2
FOR UPDATE;

-- name: insert_told
-- The caller holds the lock of `lock_told`.
-- $1 rail, $2 transfer_key, $3 status, $4 amount_minor, $5 currency, $6 reason, $7 moment,
-- $8 whether nothing comes after it
WITH watch AS (
    UPDATE rail_watch
    SET
        told = $3,
        look_at = CASE WHEN NOT $8 THEN look_at END
    WHERE rail = $1 AND transfer_key = $2
)

INSERT INTO rail_told (
    rail, seq, transfer_key, status, amount_minor, currency, reason, told_at
)
SELECT
    $1,
    1 + coalesce(max(seq), 0),
    $2,
    $3,
    $4,
    $5,
    $6,
    $7
FROM rail_told
WHERE rail = $1;

-- name: select_told
-- $1 rail, $2 after which number, $3 at most
SELECT
    seq,
    transfer_key,
    status,
    amount_minor,
    currency,
    reason
FROM rail_told
WHERE rail = $1 AND seq > $2
ORDER BY seq
LIMIT $3;

-- name: select_told_last
-- What was told last of each order that is watched.
-- $1 rail
SELECT
    transfer_key,
    told
FROM rail_watch
WHERE rail = $1;
