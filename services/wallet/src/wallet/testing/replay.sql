-- name: select_history
-- All movements, each account's in the order in which they happened: a refusal met the version that
-- it names, so it comes after the movement that made it; of several the earlier first.
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
    r.limit_coins,
    r.spent_coins,
    r.frees_up_at,
    d.debt_coins,
    m.caps_id,
    c.charge_coins AS cap_charge,
    c.day_coins AS cap_day,
    c.week_coins AS cap_week
FROM movement AS m
INNER JOIN account AS a ON m.account_id = a.account_id
LEFT JOIN lot AS l ON m.movement_id = l.movement_id
LEFT JOIN limit_refusal AS r ON m.movement_id = r.movement_id
LEFT JOIN platform_caps AS c ON m.caps_id = c.caps_id
LEFT JOIN debt_entry AS d ON m.movement_id = d.entry_id
ORDER BY
    m.account_id,
    m.version,
    m.outcome = 'posted' DESC,
    m.posted_at;

-- name: select_limits_set
-- All limits ever set, each owner's in the order in which they were.
SELECT
    a.owner_id,
    l.account_version,
    l.set_at,
    l.day_coins,
    l.week_coins,
    l.creator_day_coins,
    l.pending_day_coins,
    l.pending_week_coins,
    l.pending_creator_day_coins,
    l.pending_from,
    p.raise_after_hours,
    p.remove_after_hours
FROM spend_limits AS l
INNER JOIN account AS a ON l.account_id = a.account_id
INNER JOIN spend_policy AS p ON l.policy_version = p.version
ORDER BY
    l.account_id,
    l.version;

-- name: select_undone
-- All charges that were undone, each owner's in the order in which they were.
SELECT
    a.owner_id,
    u.version AS account_version,
    u.undone_at AS set_at,
    u.charge_id,
    u.coins
FROM charge_undo AS u
INNER JOIN account AS a ON u.account_id = a.account_id
ORDER BY
    u.account_id,
    u.version;
