-- name: select_unbalanced
-- What the tax office is owed of a payout is what it withheld, if it was paid, less corrections; what
-- creators are owed is what was corrected of paid payouts, less what payouts carry that stand.
SELECT p.payout_id::text AS wrong
FROM payout AS p
LEFT JOIN LATERAL (
    SELECT
        sum(tax_minor) AS tax_minor,
        sum(tax_minor) FILTER (WHERE kind = 'CORRECTED') AS corrected
    FROM withholding_entry
    WHERE payout_id = p.payout_id
) AS j ON true
WHERE
    coalesce(j.tax_minor, 0) <> CASE p.status
        WHEN 'PAID' THEN p.withheld_minor + coalesce(j.corrected, 0)
        ELSE 0
    END
UNION ALL
SELECT p.creator_id || ' ' || p.currency
FROM payout AS p
LEFT JOIN LATERAL (
    SELECT sum(creator_minor) AS corrected
    FROM withholding_entry
    WHERE payout_id = p.payout_id AND kind = 'CORRECTED' AND p.status = 'PAID'
) AS j ON true
GROUP BY p.creator_id, p.currency
HAVING
    coalesce(sum(j.corrected), 0)
    - coalesce(
        sum(p.correction_minor) FILTER (WHERE p.status NOT IN ('CANCELED', 'FAILED', 'RETURNED')), 0
    )
    <> coalesce(
        (
            SELECT sum(creator_minor) FROM withholding_entry AS e
            WHERE e.creator_id = p.creator_id AND e.currency = p.currency
        ), 0
    );
