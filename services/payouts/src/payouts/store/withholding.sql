-- name: find_due
-- What a creator is owed of what was withheld; below zero what they owe.
-- $1 creator_id, $2 currency
SELECT coalesce(sum(creator_minor), 0)::bigint
FROM withholding_entry
WHERE creator_id = $1 AND currency = $2;

-- name: find_withheld
-- What the tax office is owed of a payout, and of which year; no row where nothing was withheld.
-- $1 payout_id
SELECT
    tax_year,
    sum(tax_minor)::bigint AS tax_minor
FROM withholding_entry
WHERE payout_id = $1 AND tax_year IS NOT NULL
GROUP BY tax_year;

-- name: find_correction
-- What a payout's withholding was corrected by on the ground of a form.
-- $1 payout_id, $2 tax_form_id
SELECT creator_minor
FROM withholding_entry
WHERE payout_id = $1 AND tax_form_id = $2 AND kind = 'CORRECTED';

-- name: insert_correction
-- $1 creator_id, $2 currency, $3 payout_id, $4 tax_year, $5 amount, $6 tax_form_id, $7 moment
INSERT INTO withholding_entry (
    creator_id,
    currency,
    payout_id,
    kind,
    tax_year,
    tax_minor,
    creator_minor,
    tax_form_id,
    at
)
VALUES ($1, $2, $3, 'CORRECTED', $4, -$5::bigint, $5::bigint, $6, $7);

-- name: select_withheld_payouts
-- A creator's payouts of a year of which the tax office is owed something, in the order in which they
-- were requested.
-- $1 creator_id, $2 tax_year
SELECT payout_id
FROM payout AS p
WHERE
    creator_id = $1
    AND status = 'PAID'
    AND (
        SELECT sum(tax_minor) FROM withholding_entry
        WHERE payout_id = p.payout_id AND tax_year = $2
    ) > 0
ORDER BY requested_at, payout_id;

-- name: select_years
-- What the tax office is owed of a creator's payouts, by year and currency, newest year first.
-- $1 creator_id
SELECT
    tax_year,
    currency,
    sum(tax_minor)::bigint AS tax_minor
FROM withholding_entry
WHERE creator_id = $1 AND tax_year IS NOT NULL
GROUP BY tax_year, currency
ORDER BY tax_year DESC, currency;

-- name: select_due
-- What a creator is owed of what was withheld, by currency.
-- $1 creator_id
SELECT
    currency,
    sum(creator_minor)::bigint AS creator_minor
FROM withholding_entry
WHERE creator_id = $1
GROUP BY currency
HAVING sum(creator_minor) <> 0
ORDER BY currency;
