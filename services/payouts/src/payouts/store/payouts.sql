-- name: insert_payout
-- Writes the payout, which earnings it carries, how it is split, and takes the earnings, in one
-- statement: no code path can do the one without the other. The caller holds the buckets' locks. Nothing is returned where the
-- id is taken, and nothing is then taken either.
-- $1 payout_id, $2 creator_id, $3 method_id, $4 requested, $5 micro_diamonds, $6 worth_minor,
-- $7 worth_currency, $8 currency, $9 gross_minor, $10 fixed_fee_minor, $11 proportional_fee_minor,
-- $12 net_minor, $13 nano_rate, $14 rate_source, $15 rate_observed_at, $16 terms_version,
-- $17 requested_at, $18 due_at, $19 days of the parts, $20 their rate versions, $21 their amounts,
-- $22 withheld_minor, $23 withheld_bps, $24 withholding_rule, $25 withholding_version, $26 tax_form_id,
-- $27 correction_minor, $28 source, $29 commission_minor, $30 agencies, $31 their contracts,
-- $32 their shares, $33 their amounts, $34 how many days they wait for them
WITH added AS (
    INSERT INTO payout (
        payout_id,
        creator_id,
        method_id,
        requested_micro_diamonds,
        micro_diamonds,
        worth_minor,
        worth_currency,
        currency,
        gross_minor,
        fixed_fee_minor,
        proportional_fee_minor,
        net_minor,
        nano_rate,
        rate_source,
        rate_observed_at,
        terms_version,
        requested_at,
        due_at,
        withheld_minor,
        withheld_bps,
        withholding_rule,
        withholding_version,
        tax_form_id,
        correction_minor,
        source,
        commission_minor,
        moved_at,
        moved_by
    )
    VALUES (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
        $22, $23, $24, $25, $26, $27, $28, $29, $17, $2
    )
    ON CONFLICT (payout_id) DO NOTHING
    RETURNING payout_id, creator_id
),

part AS (
    INSERT INTO payout_part (payout_id, matures_on, rate_version, micro_diamonds)
    SELECT
        a.payout_id,
        i.matures_on,
        i.rate_version,
        i.micro_diamonds
    FROM added AS a
    CROSS JOIN unnest($19::date[], $20::integer[], $21::bigint[])
        AS i (matures_on, rate_version, micro_diamonds)
    RETURNING matures_on, rate_version, micro_diamonds
),

commission AS (
    INSERT INTO payout_commission (
        payout_id, agency_id, contract_id, share_bps, amount_minor, hold_days
    )
    SELECT
        a.payout_id,
        i.agency_id,
        i.contract_id,
        i.share_bps,
        i.amount_minor,
        $34
    FROM added AS a
    CROSS JOIN unnest($30::text[], $31::uuid[], $32::integer[], $33::bigint[])
        AS i (agency_id, contract_id, share_bps, amount_minor)
),

taken AS (
    UPDATE earning_bucket AS b
    SET taken_micro_diamonds = b.taken_micro_diamonds + p.micro_diamonds
    FROM part AS p
    CROSS JOIN added AS a
    WHERE
        b.creator_id = a.creator_id
        AND b.matures_on = p.matures_on
        AND b.rate_version = p.rate_version
)

SELECT payout_id FROM added;

-- name: find_payout
-- $1 payout_id
SELECT
    payout_id,
    creator_id,
    method_id,
    requested_micro_diamonds,
    micro_diamonds,
    worth_minor,
    worth_currency,
    currency,
    gross_minor,
    fixed_fee_minor,
    proportional_fee_minor,
    withheld_minor,
    withheld_bps,
    withholding_rule,
    withholding_version,
    tax_form_id,
    correction_minor,
    source,
    commission_minor,
    net_minor,
    nano_rate,
    rate_source,
    rate_observed_at,
    terms_version,
    requested_at,
    due_at,
    status,
    moved_at,
    moved_by,
    reason
FROM payout
WHERE payout_id = $1;

-- name: update_payout
-- Moves a payout on and, where it ends without having paid, gives the earnings back, in one
-- statement. The trigger writes the history. Buckets are locked in the order of their key, as
-- accruals and reservations lock them. Returns nothing where the payout is no longer as it was.
-- $1 payout_id, $2 status before, $3 status after, $4 moment, $5 actor, $6 reason,
-- $7 whether the earnings are the creator's again
WITH moved AS (
    UPDATE payout
    SET
        status = $3,
        moved_at = $4,
        moved_by = $5,
        reason = $6
    WHERE payout_id = $1 AND status = $2
    RETURNING payout_id, creator_id
),

part AS (
    SELECT
        b.creator_id,
        b.matures_on,
        b.rate_version,
        p.micro_diamonds
    FROM moved AS m
    INNER JOIN payout_part AS p USING (payout_id)
    INNER JOIN earning_bucket AS b USING (creator_id, matures_on, rate_version)
    WHERE $7
    ORDER BY b.matures_on, b.rate_version
    FOR UPDATE OF b
),

given_back AS (
    UPDATE earning_bucket AS b
    SET taken_micro_diamonds = b.taken_micro_diamonds - p.micro_diamonds
    FROM part AS p
    WHERE
        b.creator_id = p.creator_id
        AND b.matures_on = p.matures_on
        AND b.rate_version = p.rate_version
)

SELECT payout_id FROM moved;

-- name: sum_requested
-- What a creator has requested since $2 and since $3, without what never left or came back.
-- $1 creator_id, $2 start of the day's window, $3 start of the week's window (exclusive)
SELECT
    coalesce(sum(worth_minor) FILTER (WHERE requested_at > $2), 0)::bigint AS day_minor,
    coalesce(sum(worth_minor), 0)::bigint AS week_minor
FROM payout
WHERE
    creator_id = $1
    AND requested_at > $3
    AND status NOT IN ('CANCELED', 'FAILED', 'RETURNED');

-- name: select_waiting
-- A creator's payouts that can still be stopped; with $2, those to one method.
-- $1 creator_id, $2 method_id or null
SELECT
    payout_id,
    creator_id,
    method_id,
    requested_micro_diamonds,
    micro_diamonds,
    worth_minor,
    worth_currency,
    currency,
    gross_minor,
    fixed_fee_minor,
    proportional_fee_minor,
    withheld_minor,
    withheld_bps,
    withholding_rule,
    withholding_version,
    tax_form_id,
    correction_minor,
    source,
    commission_minor,
    net_minor,
    nano_rate,
    rate_source,
    rate_observed_at,
    terms_version,
    requested_at,
    due_at,
    status,
    moved_at,
    moved_by,
    reason
FROM payout
WHERE
    creator_id = $1
    AND status IN ('QUEUED', 'HELD')
    AND method_id = coalesce($2::uuid, method_id)
ORDER BY requested_at, payout_id
FOR UPDATE;

-- name: select_payouts
-- A creator's payouts, newest first, before the position ($2, $3; null: from the start).
-- $1 creator_id, $2 requested_at, $3 payout_id, $4 at most
SELECT
    payout_id,
    creator_id,
    method_id,
    requested_micro_diamonds,
    micro_diamonds,
    worth_minor,
    worth_currency,
    currency,
    gross_minor,
    fixed_fee_minor,
    proportional_fee_minor,
    withheld_minor,
    withheld_bps,
    withholding_rule,
    withholding_version,
    tax_form_id,
    correction_minor,
    source,
    commission_minor,
    net_minor,
    nano_rate,
    rate_source,
    rate_observed_at,
    terms_version,
    requested_at,
    due_at,
    status,
    moved_at,
    moved_by,
    reason
FROM payout
WHERE
    creator_id = $1
    AND (requested_at, payout_id) < (
        coalesce($2::timestamptz, 'infinity'),
        coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY requested_at DESC, payout_id DESC
LIMIT $4;

-- name: select_payouts_backward
-- The same, oldest first, after the position.
-- $1 creator_id, $2 requested_at, $3 payout_id, $4 at most
SELECT
    payout_id,
    creator_id,
    method_id,
    requested_micro_diamonds,
    micro_diamonds,
    worth_minor,
    worth_currency,
    currency,
    gross_minor,
    fixed_fee_minor,
    proportional_fee_minor,
    withheld_minor,
    withheld_bps,
    withholding_rule,
    withholding_version,
    tax_form_id,
    correction_minor,
    source,
    commission_minor,
    net_minor,
    nano_rate,
    rate_source,
    rate_observed_at,
    terms_version,
    requested_at,
    due_at,
    status,
    moved_at,
    moved_by,
    reason
FROM payout
WHERE
    creator_id = $1
    AND (requested_at, payout_id) > (
        coalesce($2::timestamptz, '-infinity'),
        coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY requested_at, payout_id
LIMIT $4;

-- name: select_history
-- $1 payout_ids
SELECT
    payout_id,
    status,
    at,
    actor,
    reason
FROM payout_history
WHERE payout_id = any($1::uuid[])
ORDER BY payout_id, step;
