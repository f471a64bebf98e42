-- name: select_limits
-- The versions that accounts were read at.
-- $1 account_ids, $2 versions
SELECT
    l.account_id,
    l.version,
    l.day_coins,
    l.week_coins,
    l.creator_day_coins,
    l.pending_day_coins,
    l.pending_week_coins,
    l.pending_creator_day_coins,
    l.pending_since,
    l.pending_from
FROM spend_limits AS l
INNER JOIN unnest($1::bigint[], $2::integer[]) AS i (account_id, version)
    ON l.account_id = i.account_id AND l.version = i.version;

-- name: select_limits_of
-- What owners have set last; those who never have are left out.
-- $1 owner_ids
SELECT
    a.owner_id,
    l.version,
    l.day_coins,
    l.week_coins,
    l.creator_day_coins,
    l.pending_day_coins,
    l.pending_week_coins,
    l.pending_creator_day_coins,
    l.pending_since,
    l.pending_from
FROM account AS a
INNER JOIN spend_limits AS l ON a.account_id = l.account_id AND a.limits_version = l.version
WHERE a.owner_id = any($1::text[]);

-- name: insert_limits
-- $1 account_id, $2 version, $3 account_version, $4 set_at, $5 set_by, $6 policy_version,
-- $7 day_coins, $8 week_coins, $9 creator_day_coins, $10 to $12 the same of what is pending,
-- $13 pending_since, $14 pending_from
INSERT INTO spend_limits (
    account_id,
    version,
    account_version,
    set_at,
    set_by,
    policy_version,
    day_coins,
    week_coins,
    creator_day_coins,
    pending_day_coins,
    pending_week_coins,
    pending_creator_day_coins,
    pending_since,
    pending_from
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: recall_spending
-- What accounts have spent since a moment, within a range of their versions. Reads backwards by the
-- index of versions, a page at a time, and stops after a page of which nothing is as late as that:
-- an index by time, which would spare that, costs each charge of everybody 1.5 µs. What was undone of a
-- charge was not spent.
-- $1 account_ids, $2 versions after which to read, $3 versions up to which, $4 since,
-- $5 versions a page
WITH RECURSIVE page AS (
    SELECT
        account_id,
        first_version,
        last_version
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
        AS i (account_id, first_version, last_version)
    UNION ALL
    SELECT
        p.account_id,
        p.first_version,
        p.last_version - $5::bigint
    FROM page AS p
    WHERE
        p.last_version - $5 > p.first_version
        AND (
            SELECT max(m.posted_at)
            FROM movement AS m
            WHERE
                m.account_id = p.account_id
                AND m.version > p.last_version - $5
                AND m.version <= p.last_version
                AND m.outcome = 'posted'
        ) > $4
)

SELECT
    p.account_id,
    spent.posted_at,
    spent.order_key,
    spent.coins
FROM page AS p
CROSS JOIN LATERAL (
    SELECT
        m.posted_at,
        m.order_key,
        -m.coins - coalesce(
            (SELECT u.coins FROM charge_undo AS u WHERE u.charge_id = m.movement_id), 0
        ) AS coins
    FROM movement AS m
    WHERE
        m.account_id = p.account_id
        AND m.version > greatest(p.first_version, p.last_version - $5)
        AND m.version <= p.last_version
        AND m.outcome = 'posted'
        AND m.kind = 'charge'
        AND m.posted_at > $4
    -- Keeps the planner from joining with all of the journal, which it takes for short.
    OFFSET 0
) AS spent
ORDER BY spent.posted_at;

-- name: insert_limit_refusals
-- $1 movement_ids, $2 limits in coins, $3 coins spent, $4 when there is room again
INSERT INTO limit_refusal (movement_id, limit_coins, spent_coins, frees_up_at)
SELECT
    movement_id,
    limit_coins,
    spent_coins,
    frees_up_at
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[])
    AS i (movement_id, limit_coins, spent_coins, frees_up_at);

-- name: select_limit_refusals
-- $1 movement_ids
SELECT
    movement_id,
    limit_coins,
    spent_coins,
    frees_up_at
FROM limit_refusal
WHERE movement_id = any($1::uuid[]);
