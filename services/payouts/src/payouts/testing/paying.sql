-- name: select_unbalanced
-- INV7, as tests ask it: what each bucket has taken is what payouts that are open or paid carry of
-- it; each payout's parts are all of it; its status is where its history ends.
WITH carried AS (
    SELECT
        p.creator_id,
        part.matures_on,
        part.rate_version,
        sum(part.micro_diamonds) AS micro_diamonds
    FROM payout_part AS part
    INNER JOIN payout AS p USING (payout_id)
    WHERE p.status NOT IN ('CANCELED', 'FAILED', 'RETURNED')
    GROUP BY p.creator_id, part.matures_on, part.rate_version
)

SELECT creator_id || ' ' || matures_on || ' ' || rate_version AS wrong
FROM earning_bucket AS b
FULL JOIN carried AS c USING (creator_id, matures_on, rate_version)
WHERE coalesce(c.micro_diamonds, 0) IS DISTINCT FROM b.taken_micro_diamonds
UNION ALL
SELECT p.payout_id::text
FROM payout AS p
CROSS JOIN LATERAL (
    SELECT coalesce(sum(micro_diamonds), 0) AS micro_diamonds
    FROM payout_part
    WHERE payout_id = p.payout_id
) AS part
WHERE part.micro_diamonds IS DISTINCT FROM p.micro_diamonds
UNION ALL
SELECT p.payout_id::text
FROM payout AS p
CROSS JOIN LATERAL (
    SELECT status
    FROM payout_history
    WHERE payout_id = p.payout_id
    ORDER BY step DESC
    LIMIT 1
) AS last
WHERE last.status IS DISTINCT FROM p.status;
