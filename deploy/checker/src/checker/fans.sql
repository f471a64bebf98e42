-- INV3: points of gifters and memberships in fan clubs are what gifts make of them. The same form of
-- answers as in gifts.sql.

-- name: gifters_replay
-- Everybody has a point for each coin of the gifts that they sent, without what was taken back.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(user_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        user_id,
        f.points IS DISTINCT FROM g.points AS is_wrong
    FROM gifter AS f
    FULL JOIN (
        SELECT
            sender_id AS user_id,
            sum(price_coins - reversed_coins) AS points
        FROM gift
        WHERE status IN ('SENT', 'REVERSED')
        GROUP BY sender_id
    ) AS g USING (user_id)
) AS gifters;

-- name: fan_clubs_replay
-- Whoever sent a creator the club's item of the day has joined their club, and nobody else has: by such
-- a gift, at its time, until all of it was taken back; active when they gave something, since then.
-- Points in clubs are those on boards: see boards_replay.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg(user_id || ' in the club of ' || creator_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        creator_id,
        user_id,
        (
            m.joined_gift_id = any(j.gift_ids)
            AND m.joined_at = g.settled_at
            AND m.is_taken_back = (g.status = 'REVERSED')
            AND m.active_at >= m.joined_at
            AND EXISTS (
                SELECT FROM gift AS a
                WHERE
                    a.sender_id = user_id
                    AND a.creator_id = m.creator_id
                    AND a.settled_at = m.active_at
                    AND a.status IN ('SENT', 'REVERSED')
            )
        ) IS NOT TRUE AS is_wrong
    FROM fan_club_member AS m
    FULL JOIN (
        SELECT
            creator_id,
            sender_id AS user_id,
            array_agg(gift_id) AS gift_ids
        FROM gift AS s
        WHERE
            status IN ('SENT', 'REVERSED')
            AND item_id = (
                SELECT t.club_item_id
                FROM level_table AS t
                WHERE t.effective_from <= s.settled_at
                ORDER BY t.effective_from DESC
                LIMIT 1
            )
        GROUP BY creator_id, sender_id
    ) AS j USING (creator_id, user_id)
    LEFT JOIN (
        SELECT
            gift_id,
            settled_at,
            status
        FROM gift
    ) AS g ON m.joined_gift_id = g.gift_id
) AS members;
