-- I10: battles are what their logs make of them. The same form of answers as in gifts.sql.

-- name: battles_replay
-- Points are coins of the log times their multipliers, before the result and after it; the winner
-- has more. The log has every number once. The end is where the rules and time makers put it.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('battle ' || battle_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        b.battle_id,
        (b.left_points, b.right_points, b.left_later_points, b.right_later_points)
        IS DISTINCT FROM (
            coalesce(e.left_points, 0), coalesce(e.right_points, 0),
            coalesce(e.left_later_points, 0), coalesce(e.right_later_points, 0)
        )
        OR b.winner IS DISTINCT FROM CASE
            WHEN b.ended_at IS NOT NULL
                THEN CASE sign(coalesce(e.left_points, 0) - coalesce(e.right_points, 0))
                    WHEN 1 THEN 'left'
                    WHEN -1 THEN 'right'
                    ELSE 'draw'
                END
        END
        OR (coalesce(l.entries, 0), coalesce(l.newest, 0)) IS DISTINCT FROM (b.events, b.events)
        OR b.ends_at IS DISTINCT FROM
        b.started_at
        + make_interval(secs => b.length_s)
        + coalesce(p.longer, interval '0') AS is_wrong
    FROM battle AS b
    LEFT JOIN LATERAL (
        SELECT
            sum(e.coins * e.multiplier) FILTER (
                WHERE e.side = 0 AND e.seq < coalesce(b.ended_seq, e.seq + 1)
            ) AS left_points,
            sum(e.coins * e.multiplier) FILTER (
                WHERE e.side = 1 AND e.seq < coalesce(b.ended_seq, e.seq + 1)
            ) AS right_points,
            sum(e.coins * e.multiplier) FILTER (
                WHERE e.side = 0 AND e.seq > b.ended_seq
            ) AS left_later_points,
            sum(e.coins * e.multiplier) FILTER (
                WHERE e.side = 1 AND e.seq > b.ended_seq
            ) AS right_later_points
        FROM battle_event AS e
        WHERE e.battle_id = b.battle_id
    ) AS e ON true
    LEFT JOIN LATERAL (
        SELECT
            count(DISTINCT n.seq) AS entries,
            max(n.seq) AS newest
        FROM (
            SELECT seq FROM battle_event WHERE battle_id = b.battle_id
            UNION ALL
            SELECT seq FROM battle_power_up WHERE battle_id = b.battle_id
            UNION ALL
            SELECT b.ended_seq AS seq WHERE b.ended_seq IS NOT NULL
        ) AS n
    ) AS l ON true
    LEFT JOIN LATERAL (
        SELECT sum(until_at - from_at) AS longer
        FROM battle_power_up
        WHERE battle_id = b.battle_id AND kind = 'TIME_MAKER'
    ) AS p ON true
    WHERE b.started_at IS NOT NULL
) AS battles;

-- name: battle_gifts_replay
-- A gift counts in a battle of the room that it was sent to, once, with what was not taken back of
-- it; it was charged from the start on and before the end, and multiplied where a glove of the side
-- that was used before held then.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        e.gift_id,
        g.target_kind IS DISTINCT FROM 'room'
        OR g.target_id IS DISTINCT FROM
        (CASE e.side WHEN 0 THEN b.left_room_id ELSE b.right_room_id END)::text
        OR g.price_coins IS DISTINCT FROM e.coins
        OR g.settled_at IS DISTINCT FROM e.charged_at
        OR g.price_coins - g.reversed_coins IS DISTINCT FROM t.coins
        OR t.multipliers <> 1
        OR e.charged_at < b.started_at
        OR e.charged_at >= b.ends_at
        OR e.multiplier <> CASE
            WHEN EXISTS (
                SELECT
                FROM battle_power_up AS p
                WHERE
                    p.battle_id = e.battle_id
                    AND p.side = e.side
                    AND p.kind = 'GLOVE'
                    AND p.seq < e.seq
                    AND p.from_at <= e.charged_at
                    AND p.until_at > e.charged_at
            ) THEN r.glove_multiplier
            ELSE 1
        END AS is_wrong
    FROM battle_event AS e
    INNER JOIN battle AS b ON e.battle_id = b.battle_id
    INNER JOIN battle_rules AS r ON b.rules_version = r.version
    LEFT JOIN gift AS g ON e.gift_id = g.gift_id
    INNER JOIN (
        SELECT
            gift_id,
            sum(coins) AS coins,
            count(DISTINCT multiplier) AS multipliers
        FROM battle_event
        GROUP BY gift_id
    ) AS t ON e.gift_id = t.gift_id
    WHERE e.kind = 'given'
) AS gifts;

-- name: battle_gifts_are_all_there
-- No gift is forgotten: what was charged in a room while its battle ran is in the battle's log.
SELECT
    count(*) AS compared,
    count(*) FILTER (WHERE is_wrong) AS wrong,
    (array_agg('gift ' || gift_id) FILTER (WHERE is_wrong))[1:5] AS examples
FROM (
    SELECT
        g.gift_id,
        e.gift_id IS NULL AS is_wrong
    FROM battle AS b
    CROSS JOIN LATERAL (VALUES (b.left_room_id), (b.right_room_id)) AS r (room_id)
    INNER JOIN gift AS g
        ON
            g.target_kind = 'room'
            AND g.target_id = r.room_id::text
            AND g.status = 'SENT'
            AND g.settled_at >= b.started_at
            AND g.settled_at < b.ends_at
    LEFT JOIN battle_event AS e
        ON b.battle_id = e.battle_id AND g.gift_id = e.gift_id AND e.kind = 'given'
) AS gifts;
