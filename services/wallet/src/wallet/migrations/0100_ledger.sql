-- The coin ledger: who holds how many coins, from which lots, and every movement that made it so.
--
-- An account is the head of a viewer's wallet: what the journal adds up to, kept so that a charge
-- touches one row. The journal (movement) is append-only and holds the truth; the checker replays it.

-- Σ of a few coins. The first branch is plain arithmetic that the planner puts inline, so that the
-- constraints below cost 0.5 µs a row instead of 8; few wallets have more than four open lots.
CREATE FUNCTION coins_of_many(coins bigint[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(sum(each.coins), 0)::bigint FROM unnest(coins) AS each (coins));

CREATE FUNCTION coins_of(coins bigint[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN cardinality(coins) <= 4
        THEN
            coalesce(coins[1], 0) + coalesce(coins[2], 0)
            + coalesce(coins[3], 0) + coalesce(coins[4], 0)
    ELSE coins_of_many(coins)
END;

-- A viewer's coins. No column that changes with a charge is indexed and pages have room to spare,
-- so that updates stay on their page (HOT). Columns that change together lie together: the
-- write-ahead log then holds little more than those.
CREATE TABLE account (
    account_id bigint GENERATED ALWAYS AS IDENTITY,
    credits_coins bigint NOT NULL DEFAULT 0,
    -- Owed after a reversed purchase; spending is for what is left beyond it.
    debt_coins bigint NOT NULL DEFAULT 0,
    -- Number of posted movements. Whoever writes says which version it has read.
    version bigint NOT NULL DEFAULT 0,
    debits_coins bigint NOT NULL DEFAULT 0,
    -- What is left of each open lot, and the lots, in the order in which they will be spent.
    lot_coins bigint[] NOT NULL DEFAULT '{}',
    lot_ids bigint[] NOT NULL DEFAULT '{}',
    owner_id text NOT NULL,
    CONSTRAINT account_pkey PRIMARY KEY (account_id),
    CONSTRAINT account_one_per_owner UNIQUE (owner_id),
    CONSTRAINT account_totals_not_negative CHECK (
        credits_coins >= 0 AND debits_coins >= 0 AND debt_coins >= 0 AND version >= 0
    ),
    CONSTRAINT account_not_overdrawn CHECK (
        credits_coins - debits_coins BETWEEN 0 AND 9007199254740991
    ),
    CONSTRAINT account_lots_add_up CHECK (coins_of(lot_coins) = credits_coins - debits_coins),
    CONSTRAINT account_open_lots_hold_coins CHECK (0 < ALL (lot_coins)),
    CONSTRAINT account_lots_paired CHECK (cardinality(lot_ids) = cardinality(lot_coins)),
    CONSTRAINT account_owner_id_length CHECK (length(owner_id) BETWEEN 1 AND 64)
) WITH (fillfactor = 60);

-- Where viewers' coins come from and go to. A batch of charges credits the shard of its partition
-- and a purchase the shard of its account, so that no two busy writers share a row.
CREATE TABLE system_account (
    name text NOT NULL,
    shard smallint NOT NULL,
    debits_coins bigint NOT NULL DEFAULT 0,
    credits_coins bigint NOT NULL DEFAULT 0,
    CONSTRAINT system_account_pkey PRIMARY KEY (name, shard),
    CONSTRAINT system_account_name CHECK (
        -- Issued against money, one per currency; issued at our own expense; taken for gifts, owed
        -- to whom gifts says; expired.
        name ~ '^mint:[A-Z]{3}$' OR name IN ('promotion', 'gift_clearing', 'breakage')
    ),
    CONSTRAINT system_account_totals_not_negative CHECK (credits_coins >= 0 AND debits_coins >= 0)
) WITH (fillfactor = 50);

-- Coins with one origin. Immutable: what is left of a lot stands in its account.
CREATE TABLE lot (
    lot_id bigint GENERATED ALWAYS AS IDENTITY,
    account_id bigint NOT NULL,
    coins bigint NOT NULL,
    acquired_at timestamptz NOT NULL,
    -- Until when the payment behind these coins may be taken back.
    refundable_until timestamptz NOT NULL,
    expires_at timestamptz,
    -- The movement that created the lot.
    movement_id uuid NOT NULL,
    class text NOT NULL,
    -- What the coins were given for, and its id there.
    source_kind text NOT NULL,
    source_id uuid NOT NULL,
    CONSTRAINT lot_pkey PRIMARY KEY (lot_id),
    CONSTRAINT lot_one_per_movement UNIQUE (movement_id),
    CONSTRAINT lot_coins_bounds CHECK (coins BETWEEN 1 AND 9007199254740991),
    CONSTRAINT lot_class CHECK (class IN ('purchased', 'bonus', 'earned', 'granted')),
    CONSTRAINT lot_source_kind CHECK (source_kind IN ('purchase')),
    CONSTRAINT lot_expires_after_acquired CHECK (expires_at > acquired_at)
);

CREATE INDEX lot_source ON lot (source_id);

-- Lots that will expire, until they have: what the sweeper works through, so that lots themselves
-- need no column that changes.
CREATE TABLE lot_to_expire (
    expires_at timestamptz NOT NULL,
    lot_id bigint NOT NULL,
    account_id bigint NOT NULL,
    CONSTRAINT lot_to_expire_pkey PRIMARY KEY (expires_at, lot_id)
);

-- The journal. One row is one command with its outcome, under the id that its caller made: what was
-- asked, and what came of it. Where coins moved the row is a balanced entry: `coins` onto the
-- account (negative: off it) and as many off (onto) the system account `counter`, `counter_shard`.
--
-- The row is laid out to be short, 145 bytes for most charges: fixed-size columns first, and the
-- one lot that pays most charges in a column of its own (two arrays would take 50 bytes more and,
-- measured, 5 µs more to encode and insert).
CREATE TABLE movement (
    movement_id uuid NOT NULL,
    account_id bigint NOT NULL,
    -- The account's version after this movement; of a refused one, the version that it met.
    version bigint NOT NULL,
    -- Signed: the change of the account, or what was asked for and refused.
    coins bigint NOT NULL,
    -- The account's coins after this movement.
    balance_coins bigint NOT NULL,
    posted_at timestamptz NOT NULL,
    -- The lot that paid or was created; the first of them where several paid; none if refused.
    lot_id bigint,
    counter_shard smallint NOT NULL,
    kind text NOT NULL,
    -- 'posted', or why it was refused.
    outcome text NOT NULL,
    counter text NOT NULL,
    -- Part of a charge's terms, opaque to the wallet: the key of its answers.
    order_key text,
    -- Only where several lots paid: all of them, and how much each.
    lot_ids bigint[],
    lot_coins bigint[],
    CONSTRAINT movement_pkey PRIMARY KEY (movement_id),
    CONSTRAINT movement_version CHECK (version >= 0),
    CONSTRAINT movement_sign CHECK (
        CASE kind
            WHEN 'charge' THEN coins < 0
            WHEN 'expiry' THEN coins < 0
            WHEN 'purchase' THEN coins > 0
            WHEN 'bonus' THEN coins > 0
            ELSE false
        END
    ),
    CONSTRAINT movement_bounds CHECK (
        coins BETWEEN -9007199254740991 AND 9007199254740991
        AND balance_coins BETWEEN 0 AND 9007199254740991
    ),
    CONSTRAINT movement_outcome CHECK (
        CASE outcome
            WHEN 'posted' THEN lot_id IS NOT NULL
            WHEN 'insufficient_coins'
                THEN kind = 'charge' AND lot_id IS NULL AND lot_ids IS NULL
            ELSE false
        END
    ),
    CONSTRAINT movement_charge_has_order_key CHECK ((kind = 'charge') = (order_key IS NOT NULL)),
    CONSTRAINT movement_slices_add_up CHECK (
        CASE
            WHEN lot_ids IS NULL THEN lot_coins IS NULL
            ELSE
                cardinality(lot_ids) > 1
                AND cardinality(lot_ids) = cardinality(lot_coins)
                AND lot_ids[1] = lot_id
                AND 0 < ALL (lot_coins)
                AND coins_of(lot_coins) = -coins
        END
    )
);

-- All that happened to an account, in order; and no version twice.
CREATE UNIQUE INDEX movement_account_version
ON movement (account_id, version) WHERE outcome = 'posted';

CREATE TRIGGER movement_is_append_only
BEFORE UPDATE OR DELETE ON movement FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER movement_is_not_truncated
BEFORE TRUNCATE ON movement EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_is_append_only
BEFORE UPDATE OR DELETE ON lot FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_is_not_truncated
BEFORE TRUNCATE ON lot EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_is_never_deleted
BEFORE DELETE ON account FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_is_not_truncated
BEFORE TRUNCATE ON account EXECUTE FUNCTION refuse_change();
CREATE TRIGGER system_account_is_never_deleted
BEFORE DELETE ON system_account FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER system_account_is_not_truncated
BEFORE TRUNCATE ON system_account EXECUTE FUNCTION refuse_change();

-- Slices as rows: which lots a movement took coins from (negative) or created (positive).
CREATE VIEW movement_slice AS
SELECT
    m.movement_id,
    m.account_id,
    m.version,
    m.kind,
    m.posted_at,
    slice.lot_id,
    slice.coins
FROM movement AS m
CROSS JOIN LATERAL (
    SELECT
        m.lot_id,
        m.coins
    WHERE m.lot_ids IS NULL
    UNION ALL
    SELECT
        each.lot_id,
        -each.coins
    FROM unnest(m.lot_ids, m.lot_coins) AS each (lot_id, coins)
) AS slice
WHERE m.outcome = 'posted';
