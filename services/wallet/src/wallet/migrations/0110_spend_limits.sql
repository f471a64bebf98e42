-- How much viewers let themselves spend, decided in the commit of the debit.

-- A version of the policy never changes: from when on it holds, and how long a limit stays after its
-- owner has asked for a higher one. Kept as the document that was published, like the price book;
-- the two durations stand in columns for the checker.
CREATE TABLE spend_policy (
    version integer PRIMARY KEY CHECK (version > 0),
    effective_from timestamptz NOT NULL UNIQUE,
    raise_after_hours integer NOT NULL CHECK (raise_after_hours BETWEEN 1 AND 8760),
    remove_after_hours integer NOT NULL CHECK (remove_after_hours BETWEEN 1 AND 8760),
    document text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TRIGGER spend_policy_is_append_only
BEFORE UPDATE OR DELETE ON spend_policy FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER spend_policy_is_not_truncated
BEFORE TRUNCATE ON spend_policy EXECUTE FUNCTION refuse_change();

-- Which version of its owner's limits an account is under; 0: none were ever set. It changes under
-- the account's lock, and a charge moves the account only where it is as it was read: nobody is
-- charged under limits that have been lowered meanwhile. Without an index and last in the row, so
-- that charges stay as cheap as they were.
ALTER TABLE account ADD COLUMN limits_version integer NOT NULL DEFAULT 0
CONSTRAINT account_limits_version CHECK (limits_version >= 0);

-- What owners have set, version by version. A row holds from the version of the account at which it
-- was written until the next row does, so that a replay of the journal knows what each charge met.
CREATE TABLE spend_limits (
    account_id bigint NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    -- The account's version then: charges with a higher one are under these limits.
    account_version bigint NOT NULL CHECK (account_version >= 0),
    set_at timestamptz NOT NULL,
    -- The owner, or their guardian.
    set_by text NOT NULL CHECK (length(set_by) BETWEEN 1 AND 64),
    policy_version integer NOT NULL REFERENCES spend_policy,
    -- Null: no limit.
    day_coins bigint,
    week_coins bigint,
    creator_day_coins bigint,
    -- What holds instead from `pending_from` on; all null where nothing waits.
    pending_day_coins bigint,
    pending_week_coins bigint,
    pending_creator_day_coins bigint,
    -- When the waiting began: at `set_at`, or before where a rise that waited was made smaller.
    pending_since timestamptz,
    pending_from timestamptz,
    CONSTRAINT spend_limits_pkey PRIMARY KEY (account_id, version),
    CONSTRAINT spend_limits_bounds CHECK (
        day_coins BETWEEN 1 AND 9007199254740991
        AND week_coins BETWEEN 1 AND 9007199254740991
        AND creator_day_coins BETWEEN 1 AND 9007199254740991
        AND pending_day_coins BETWEEN 1 AND 9007199254740991
        AND pending_week_coins BETWEEN 1 AND 9007199254740991
        AND pending_creator_day_coins BETWEEN 1 AND 9007199254740991
    ),
    CONSTRAINT spend_limits_pending_whole CHECK (
        (pending_since IS NULL) = (pending_from IS NULL)
        AND (
            pending_from IS NOT NULL
            OR (
                pending_day_coins IS NULL
                AND pending_week_coins IS NULL
                AND pending_creator_day_coins IS NULL
            )
        )
    ),
    CONSTRAINT spend_limits_pending_waits CHECK (
        pending_from > set_at AND pending_since <= set_at
    ),
    -- What is lower holds at once, so all that waits is higher.
    CONSTRAINT spend_limits_pending_rises CHECK (
        pending_from IS NULL
        OR (
            coalesce(pending_day_coins >= day_coins, pending_day_coins IS NULL)
            AND coalesce(pending_week_coins >= week_coins, pending_week_coins IS NULL)
            AND coalesce(
                pending_creator_day_coins >= creator_day_coins, pending_creator_day_coins IS NULL
            )
        )
    )
);

CREATE TRIGGER spend_limits_is_append_only
BEFORE UPDATE OR DELETE ON spend_limits FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER spend_limits_is_not_truncated
BEFORE TRUNCATE ON spend_limits EXECUTE FUNCTION refuse_change();

-- What a charge that a limit refused was told: a retry gets the same answer. A table of its own,
-- since all other movements, nearly all there are, would carry the columns for nothing.
CREATE TABLE limit_refusal (
    movement_id uuid NOT NULL,
    limit_coins bigint NOT NULL,
    spent_coins bigint NOT NULL,
    frees_up_at timestamptz,
    CONSTRAINT limit_refusal_pkey PRIMARY KEY (movement_id),
    CONSTRAINT limit_refusal_bounds CHECK (limit_coins >= 1 AND spent_coins >= 0)
);

CREATE TRIGGER limit_refusal_is_append_only
BEFORE UPDATE OR DELETE ON limit_refusal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER limit_refusal_is_not_truncated
BEFORE TRUNCATE ON limit_refusal EXECUTE FUNCTION refuse_change();

ALTER TABLE movement DROP CONSTRAINT movement_outcome;
ALTER TABLE movement ADD CONSTRAINT movement_outcome CHECK (
    CASE outcome
        WHEN 'posted' THEN lot_id IS NOT NULL
        ELSE
            outcome IN (
                'insufficient_coins',
                'day_limit_reached',
                'week_limit_reached',
                'creator_limit_reached'
            )
            AND kind = 'charge' AND lot_id IS NULL AND lot_ids IS NULL
    END
);
