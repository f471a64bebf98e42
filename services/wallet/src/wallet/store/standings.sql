-- Where the coins of purchases' lots are.

-- name: select_lots_of_purchases
-- Of each purchase bought coins before bonus ones.
-- $1 purchase_ids
SELECT
    l.source_id AS purchase_id,
    l.lot_id,
    l.class,
    l.refundable_until,
    l.expires_at,
    l.coins
FROM lot AS l
WHERE l.source_id = any($1::uuid[])
ORDER BY l.lot_id;

-- name: select_taken
-- What reversals of payments have taken of lots and not given back, by kind of leg; and what was
-- given back to lots that had expired, be it that a charge was undone.
-- $1 lot_ids
SELECT
    l.lot_id,
    l.kind,
    coalesce(
        sum(l.coins - coalesce(back.coins, 0)) FILTER (WHERE u.reversal_id IS NULL), 0
    )::bigint AS coins,
    (
        coalesce(sum(back.expired_coins), 0) + coalesce(sum(l.coins) FILTER (WHERE l.is_expired), 0)
    )::bigint AS expired_coins
FROM reversal_leg AS l
LEFT JOIN charge_undo AS u ON l.reversal_id = u.reversal_id
LEFT JOIN LATERAL (
    SELECT
        sum(b.coins) AS coins,
        sum(b.coins) FILTER (WHERE b.is_expired) AS expired_coins
    FROM reinstatement_leg AS b
    WHERE b.reversal_id = l.reversal_id AND b.position = l.position
) AS back ON true
WHERE l.lot_id = any($1::bigint[])
GROUP BY l.lot_id, l.kind;

-- name: select_repaid_of_lots
-- What lots have repaid of their owners' debts and is repaid still; and what of it was given back
-- when they had expired.
-- $1 account_ids, $2 lot_ids
SELECT
    e.lot_id,
    coalesce(
        sum(
            CASE
                WHEN e.kind = 'repaid' THEN e.coins
                WHEN e.kind IN ('returned', 'undone') THEN -e.coins
            END
        ), 0
    )::bigint AS repaid_coins,
    coalesce(sum(e.coins) FILTER (WHERE e.is_expired), 0)::bigint AS expired_coins
FROM debt_entry AS e
WHERE e.account_id = any($1::bigint[]) AND e.lot_id = any($2::bigint[])
GROUP BY e.lot_id;

-- name: select_uses
-- Charges that lots have paid for, the latest first. By the index of each account's own history, from
-- where the lots begin: an index of lots would cost every charge. The lots of each account are text,
-- since arrays of arrays would have to be equally long.
-- $1 account_ids, $2 lot_ids, each once
SELECT
    u.charge_id,
    u.creator_id,
    u.coins,
    u.lot_id
FROM (
    SELECT
        i.account_id,
        i.lot_ids,
        (
            SELECT min(m.version)
            FROM lot AS l
            INNER JOIN movement AS m ON l.movement_id = m.movement_id
            WHERE l.lot_id = any(i.lot_ids)
        ) AS first_version
    FROM unnest($1::bigint[], $2::text[]) AS t (account_id, lots)
    CROSS JOIN LATERAL (SELECT t.account_id, t.lots::bigint[] AS lot_ids) AS i
) AS i
CROSS JOIN LATERAL (
    SELECT
        m.movement_id AS charge_id,
        m.order_key AS creator_id,
        m.version,
        coalesce(slice.lot_id, m.lot_id) AS lot_id,
        coalesce(slice.coins, -m.coins) AS coins
    FROM movement AS m
    LEFT JOIN LATERAL unnest(m.lot_ids, m.lot_coins) AS slice (lot_id, coins) ON true
    WHERE
        m.account_id = i.account_id
        AND m.version > i.first_version
        AND m.outcome = 'posted'
        AND m.kind = 'charge'
) AS u
WHERE u.lot_id = any(i.lot_ids)
ORDER BY u.version DESC;

-- name: select_taken_of_charges
-- What reversals have taken of charges that lots paid for, and not given back; of a charge that is
-- undone it is all.
-- $1 lot_ids
SELECT
    l.lot_id,
    l.charge_id,
    sum(l.coins - coalesce(back.coins, 0))::bigint AS coins
FROM reversal_leg AS l
LEFT JOIN LATERAL (
    SELECT sum(b.coins) AS coins
    FROM reinstatement_leg AS b
    WHERE b.reversal_id = l.reversal_id AND b.position = l.position
) AS back ON true
WHERE l.lot_id = any($1::bigint[]) AND l.charge_id IS NOT NULL
GROUP BY l.lot_id, l.charge_id;
