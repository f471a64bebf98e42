-- name: select_history
-- All movements, each account's in the order in which they happened: a refusal met the version that
-- it names, so it comes after the movement that made it.
SELECT
    a.owner_id,
    m.movement_id,
    m.kind,
    m.outcome,
    m.coins,
    m.balance_coins,
    m.order_key,
    m.posted_at,
    m.version,
    m.lot_id,
    m.lot_ids,
    m.lot_coins,
    l.class,
    l.expires_at,
    d.debt_coins
FROM movement AS m
INNER JOIN account AS a ON m.account_id = a.account_id
LEFT JOIN lot AS l ON m.movement_id = l.movement_id
LEFT JOIN debt_entry AS d ON m.movement_id = d.entry_id
ORDER BY
    m.account_id,
    m.version,
    m.outcome = 'posted' DESC;
