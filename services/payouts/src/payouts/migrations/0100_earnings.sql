-- What creators earn: rates, one accrual per gift, and the sums that questions are answered from.
-- Unit: micro-diamonds, millionths of a diamond, so that no split loses anything.

-- The rate book. A version never changes; a gift earns at the version in force when it was sent.
CREATE TABLE earning_rate (
    version integer PRIMARY KEY CHECK (version > 0),
    effective_from timestamptz NOT NULL UNIQUE,
    purchased_micro_diamonds_per_coin bigint NOT NULL,
    bonus_micro_diamonds_per_coin bigint NOT NULL,
    earned_micro_diamonds_per_coin bigint NOT NULL,
    granted_micro_diamonds_per_coin bigint NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- What a diamond is worth, in millionths of the currency's minor unit: 500000 is half a cent.
    diamond_micro_minor bigint NOT NULL CHECK (diamond_micro_minor > 0),
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT earning_rate_at_most_a_diamond_per_coin CHECK (
        purchased_micro_diamonds_per_coin BETWEEN 1 AND 1000000
    ),
    -- Coins that nobody paid for must not turn into money at the rate of coins that were (E54).
    CONSTRAINT earning_rate_free_coins_earn_less CHECK (
        bonus_micro_diamonds_per_coin BETWEEN 0 AND purchased_micro_diamonds_per_coin - 1
        AND earned_micro_diamonds_per_coin BETWEEN 0 AND purchased_micro_diamonds_per_coin - 1
        AND granted_micro_diamonds_per_coin BETWEEN 0 AND purchased_micro_diamonds_per_coin - 1
    )
);

CREATE TRIGGER earning_rate_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON earning_rate
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The sum of an array, for constraints. A loop: a query over unnest() takes four times as long.
CREATE FUNCTION array_total(parts bigint[]) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    total bigint := 0;
    part bigint;
BEGIN
    FOREACH part IN ARRAY parts LOOP
        total := total + part;
    END LOOP;
    RETURN total;
END;
$$;

-- The journal: each row moves micro-diamonds from the system account `issuance` to a creator, once
-- per gift. The slices say which lots paid, in the order consumed; a slice is the same place in
-- each of the arrays.
CREATE TABLE accrual (
    gift_id uuid PRIMARY KEY,
    coins bigint NOT NULL CHECK (coins > 0),
    micro_diamonds bigint NOT NULL CHECK (micro_diamonds BETWEEN 0 AND 9007199254740991),
    rate_version integer NOT NULL,
    sent_at timestamptz NOT NULL,
    accrued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    creator_id text NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    lot_ids bigint[] NOT NULL,
    lot_classes text[] NOT NULL,
    slice_coins bigint[] NOT NULL,
    slice_micro_diamonds bigint[] NOT NULL,
    -- From the start of this day (UTC) nobody can take back the payment behind the slice.
    matures_on date[] NOT NULL,
    -- IS TRUE, because a constraint lets pass what it cannot tell, such as a null in an array.
    CONSTRAINT accrual_slices_are_complete CHECK (
        (
            cardinality(lot_ids) > 0
            AND cardinality(lot_ids) = cardinality(lot_classes)
            AND cardinality(lot_ids) = cardinality(slice_coins)
            AND cardinality(lot_ids) = cardinality(slice_micro_diamonds)
            AND cardinality(lot_ids) = cardinality(matures_on)
            AND 0 < ALL (lot_ids)
            AND '-infinity' < ALL (matures_on)
        ) IS TRUE
    ),
    CONSTRAINT accrual_lot_classes_are_known CHECK (
        lot_classes <@ ARRAY['purchased', 'bonus', 'earned', 'granted']
    ),
    -- Most gifts have one slice, for which the comparison alone costs a tenth of the loop.
    CONSTRAINT accrual_slices_add_up_to_coins CHECK (
        (
            coins = CASE cardinality(slice_coins)
                WHEN 1 THEN slice_coins[1] ELSE array_total(slice_coins)
            END
            AND 0 < ALL (slice_coins)
        ) IS TRUE
    ),
    CONSTRAINT accrual_slices_add_up_to_micro_diamonds CHECK (
        (
            micro_diamonds = CASE cardinality(slice_micro_diamonds)
                WHEN 1 THEN slice_micro_diamonds[1] ELSE array_total(slice_micro_diamonds)
            END
            AND 0 <= ALL (slice_micro_diamonds)
        ) IS TRUE
    )
);

CREATE TRIGGER accrual_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON accrual
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A creator's account, in totals. The cap is what every client reads exactly as a JSON number.
CREATE TABLE creator_earning (
    creator_id text PRIMARY KEY,
    gifts bigint NOT NULL CHECK (gifts > 0),
    coins bigint NOT NULL CHECK (coins > 0),
    lifetime_micro_diamonds bigint NOT NULL,
    CONSTRAINT creator_earning_within_json CHECK (
        lifetime_micro_diamonds BETWEEN 0 AND 9007199254740991
    )
) WITH (fillfactor = 70);

-- What of it matures when, and at which rate it was earned (which is what it is worth, E43). No
-- index on the amount, so that updates stay within their page.
CREATE TABLE earning_bucket (
    creator_id text,
    matures_on date,
    rate_version integer,
    micro_diamonds bigint NOT NULL CHECK (micro_diamonds > 0),
    PRIMARY KEY (creator_id, matures_on, rate_version)
) WITH (fillfactor = 70);

-- The other side of the double entry. Kept per shard so that every row has one writer; an
-- account's balance is the sum over its shards, credits less debits.
CREATE TABLE system_account (
    kind text CHECK (kind IN ('issuance')),
    shard integer CHECK (shard >= 0),
    debits_micro_diamonds bigint NOT NULL CHECK (debits_micro_diamonds >= 0),
    credits_micro_diamonds bigint NOT NULL CHECK (credits_micro_diamonds >= 0),
    PRIMARY KEY (kind, shard)
) WITH (fillfactor = 50);
