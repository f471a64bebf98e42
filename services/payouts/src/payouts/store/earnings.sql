-- name: add_to_creators
-- Locks in the order given; the caller sorts. A creator's partition has one owner, so that nobody
-- else is at these rows unless a payout is, or a fence is about to stop them. A creator whose figures
-- are of another day than $8 is locked and not returned, and nothing is added: bring the figures up to
-- date first.
-- $1 creator_ids, $2 gifts, $3 coins, $4 micro_diamonds, $5 of which pending, $6 of which available,
-- $7 the first day on which some of the pending ones mature, $8 day
INSERT INTO creator_earning AS c (
    creator_id,
    gifts,
    coins,
    lifetime_micro_diamonds,
    version,
    pending_micro_diamonds,
    available_micro_diamonds,
    matures_next,
    figured_on
)
SELECT
    creator_id,
    gifts,
    coins,
    micro_diamonds,
    1,
    pending,
    available,
    matures_next,
    $8::date
FROM unnest(
    $1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::date[]
) AS i (creator_id, gifts, coins, micro_diamonds, pending, available, matures_next)
ON CONFLICT (creator_id) DO UPDATE
    SET
        gifts = c.gifts + excluded.gifts,
        coins = c.coins + excluded.coins,
        lifetime_micro_diamonds = c.lifetime_micro_diamonds + excluded.lifetime_micro_diamonds,
        version = c.version + 1,
        pending_micro_diamonds = c.pending_micro_diamonds + excluded.pending_micro_diamonds,
        available_micro_diamonds = c.available_micro_diamonds + excluded.available_micro_diamonds,
        matures_next = least(c.matures_next, excluded.matures_next)
    WHERE c.figured_on = excluded.figured_on
RETURNING
    creator_id,
    lifetime_micro_diamonds,
    version,
    pending_micro_diamonds,
    available_micro_diamonds;

-- name: add_to_buckets
-- In the order given, after the creators' rows.
-- $1 creator_ids, $2 days of maturity, $3 rate versions, $4 micro_diamonds
INSERT INTO earning_bucket AS b (creator_id, matures_on, rate_version, micro_diamonds)
SELECT
    creator_id,
    matures_on,
    rate_version,
    micro_diamonds
FROM unnest($1::text[], $2::date[], $3::integer[], $4::bigint[])
    AS i (creator_id, matures_on, rate_version, micro_diamonds)
ON CONFLICT (creator_id, matures_on, rate_version) DO UPDATE
    SET micro_diamonds = b.micro_diamonds + excluded.micro_diamonds;

-- name: debit_issuance
-- The other side of what creators were credited; last, and in the batch's own shard.
-- $1 shard, $2 micro_diamonds
INSERT INTO system_account AS s (kind, shard, debits_micro_diamonds, credits_micro_diamonds)
VALUES ('issuance', $1, $2, 0)
ON CONFLICT (kind, shard) DO UPDATE
    SET debits_micro_diamonds = s.debits_micro_diamonds + excluded.debits_micro_diamonds;

-- name: credit_issuance
-- Where diamonds go that are taken of creators; last, and in the batch's own shard.
-- $1 shard, $2 micro_diamonds
INSERT INTO system_account AS s (kind, shard, debits_micro_diamonds, credits_micro_diamonds)
VALUES ('issuance', $1, 0, $2)
ON CONFLICT (kind, shard) DO UPDATE
    SET credits_micro_diamonds = s.credits_micro_diamonds + excluded.credits_micro_diamonds;

-- name: lock_creators
-- In the order of the key, before their buckets, as accruals lock them.
-- $1 creator_ids
SELECT creator_id
FROM creator_earning
WHERE creator_id = any($1::text[])
ORDER BY creator_id
FOR UPDATE;

-- name: lock_buckets
-- What is free of these buckets, locked in the order of the key.
-- $1 creator_ids, $2 days of maturity, $3 rate versions
SELECT
    creator_id,
    matures_on,
    rate_version,
    free_micro_diamonds
FROM earning_free
WHERE
    (creator_id, matures_on, rate_version)
    IN (
        SELECT
            i.creator_id,
            i.matures_on,
            i.rate_version
        FROM unnest($1::text[], $2::date[], $3::integer[])
            AS i (creator_id, matures_on, rate_version)
    )
ORDER BY creator_id, matures_on, rate_version
FOR UPDATE;

-- name: figure_creators
-- Adds up the buckets of creators as of a day, and takes of their accounts what was clawed of these.
-- Whoever changes a bucket does this before the commit; the caller has held the locks since before
-- that. Unknown creators are passed over.
-- $1 creator_ids, each once, $2 micro_diamonds clawed, negative where given back, $3 day
UPDATE creator_earning AS c
SET
    clawed_micro_diamonds = c.clawed_micro_diamonds + f.clawed,
    version = c.version + 1,
    pending_micro_diamonds = f.pending,
    available_micro_diamonds = f.available,
    figured_on = $3::date,
    matures_next = f.matures_next
FROM (
    SELECT
        i.creator_id,
        i.clawed,
        free.pending,
        free.available,
        free.matures_next
    FROM unnest($1::text[], $2::bigint[]) AS i (creator_id, clawed)
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(e.free_micro_diamonds) FILTER (WHERE e.matures_on > $3::date), 0) AS pending,
            coalesce(
                sum(e.free_micro_diamonds) FILTER (WHERE e.matures_on <= $3::date), 0
            ) AS available,
            min(e.matures_on) FILTER (WHERE e.matures_on > $3::date) AS matures_next
        FROM earning_free AS e
        WHERE e.creator_id = i.creator_id
    ) AS free
) AS f
WHERE c.creator_id = f.creator_id
RETURNING
    c.creator_id,
    c.version,
    c.pending_micro_diamonds,
    c.available_micro_diamonds;

-- name: lock_matured
-- Creators some of whose diamonds have matured by the day $1 without their figures saying so; whom
-- somebody else is at, is brought up to date by them or next time.
-- $1 day, $2 at most
SELECT creator_id
FROM creator_earning
WHERE matures_next <= $1::date
ORDER BY matures_next, creator_id
LIMIT $2
FOR UPDATE SKIP LOCKED;

-- name: move_buckets
-- The caller holds the creators' locks. Both at once: what is held of a frozen gift is what is clawed of
-- it. Negative amounts are given back, and held no longer.
-- $1 creator_ids, $2 days of maturity, $3 rate versions, $4 micro_diamonds clawed, $5 micro_diamonds held
UPDATE earning_bucket AS b
SET
    clawed_micro_diamonds = b.clawed_micro_diamonds + i.clawed,
    held_micro_diamonds = b.held_micro_diamonds + i.held
FROM unnest($1::text[], $2::date[], $3::integer[], $4::bigint[], $5::bigint[])
    AS i (creator_id, matures_on, rate_version, clawed, held)
WHERE
    b.creator_id = i.creator_id
    AND b.matures_on = i.matures_on
    AND b.rate_version = i.rate_version;

-- name: select_earnings
-- What of each creator's diamonds has matured by the day $2, what has not, what payouts have reserved
-- or paid out, and what of frozen gifts is held, per rate version.
-- $1 creator_ids, $2 day
WITH reserved AS (
    SELECT
        p.creator_id,
        part.rate_version,
        sum(part.micro_diamonds) AS micro_diamonds
    FROM payout AS p
    INNER JOIN payout_part AS part USING (payout_id)
    WHERE
        p.creator_id = any($1::text[])
        AND p.status IN ('REQUESTED', 'HELD', 'QUEUED', 'SUBMITTED')
    GROUP BY p.creator_id, part.rate_version
)

SELECT
    f.creator_id,
    f.rate_version,
    f.pending,
    f.available,
    coalesce(r.micro_diamonds, 0)::bigint AS reserved,
    (f.taken - coalesce(r.micro_diamonds, 0))::bigint AS paid_out,
    f.held
FROM (
    SELECT
        creator_id,
        rate_version,
        coalesce(
            sum(free_micro_diamonds) FILTER (WHERE matures_on > $2::date), 0
        )::bigint AS pending,
        coalesce(
            sum(free_micro_diamonds) FILTER (WHERE matures_on <= $2::date), 0
        )::bigint AS available,
        sum(taken_micro_diamonds) AS taken,
        sum(held_micro_diamonds)::bigint AS held
    FROM earning_free
    WHERE creator_id = any($1::text[])
    GROUP BY creator_id, rate_version
) AS f
LEFT JOIN reserved AS r USING (creator_id, rate_version)
ORDER BY f.creator_id, f.rate_version;

-- name: lock_available
-- What of a creator's diamonds has matured by the day $2 and is free, oldest first, locked in the
-- order of the key, as accruals lock it.
-- $1 creator_id, $2 day
SELECT
    matures_on,
    rate_version,
    free_micro_diamonds AS micro_diamonds
FROM earning_free
WHERE creator_id = $1 AND matures_on <= $2::date AND free_micro_diamonds > 0
ORDER BY matures_on, rate_version
FOR UPDATE;

-- name: select_maturing
-- Soonest first, from the day after $2.
-- $1 creator_id, $2 day before the first, $3 days at most
SELECT
    matures_on,
    sum(free_micro_diamonds)::bigint AS micro_diamonds
FROM earning_free
WHERE creator_id = $1 AND matures_on > $2::date AND free_micro_diamonds > 0
GROUP BY matures_on
ORDER BY matures_on
LIMIT $3;

-- name: select_maturing_backward
-- Latest first, down to the day after $2 and from the day before $3 (null: from the last).
-- $1 creator_id, $2 day before the first, $3 day after the last, $4 days at most
SELECT
    matures_on,
    sum(free_micro_diamonds)::bigint AS micro_diamonds
FROM earning_free
WHERE
    creator_id = $1
    AND matures_on > $2::date
    AND matures_on < coalesce($3::date, 'infinity')
    AND free_micro_diamonds > 0
GROUP BY matures_on
ORDER BY matures_on DESC
LIMIT $4;

-- name: raise_versions
-- Creators whose versions are behind what was told of them, brought up to it. They are locked, in the
-- order of the key; unknown ones are passed over.
-- $1 creator_ids, $2 versions told
WITH behind AS (
    SELECT
        c.creator_id,
        i.version
    FROM creator_earning AS c
    INNER JOIN unnest($1::text[], $2::bigint[]) AS i (creator_id, version)
        ON c.creator_id = i.creator_id
    WHERE c.version < i.version
    ORDER BY c.creator_id
    FOR UPDATE OF c
)

UPDATE creator_earning AS c
SET version = b.version
FROM behind AS b
WHERE c.creator_id = b.creator_id
RETURNING c.creator_id;
