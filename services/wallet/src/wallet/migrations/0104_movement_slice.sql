-- The same rows, told as two scans instead of one with a question per row: the checker reads all of
-- them.
CREATE OR REPLACE VIEW movement_slice AS
SELECT
    movement_id,
    account_id,
    version,
    kind,
    posted_at,
    lot_id,
    coins
FROM movement
WHERE outcome = 'posted' AND lot_ids IS NULL
UNION ALL
SELECT
    m.movement_id,
    m.account_id,
    m.version,
    m.kind,
    m.posted_at,
    each.lot_id,
    -each.coins AS coins
FROM movement AS m
CROSS JOIN LATERAL unnest(m.lot_ids, m.lot_coins) AS each (lot_id, coins)
WHERE m.outcome = 'posted' AND m.lot_ids IS NOT NULL;
