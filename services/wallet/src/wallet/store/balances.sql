-- name: select_holdings
-- Heads with their open lots in one statement, so that sums and parts agree.
-- $1 owner_ids
SELECT
    a.owner_id,
    a.debt_coins,
    open.position,
    open.remaining_coins,
    l.lot_id,
    l.class,
    l.coins,
    l.acquired_at,
    l.refundable_until,
    l.expires_at
FROM account AS a
LEFT JOIN LATERAL unnest(a.lot_ids, a.lot_coins) WITH ORDINALITY
    AS open (lot_id, remaining_coins, position) ON true
LEFT JOIN lot AS l ON open.lot_id = l.lot_id
WHERE a.owner_id = any($1::text[])
ORDER BY
    a.owner_id,
    open.position;
