-- What nobody may spend more than, by region and age, decided in the commit of the debit.

-- The caps of a version of the spend policy, in the order in which it lists them: for whom each is
-- stands in its document, the last is for whoever says nothing. Numbered, so that a charge can name
-- in two bytes which it met.
CREATE TABLE platform_caps (
    caps_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    policy_version integer NOT NULL REFERENCES spend_policy,
    position smallint NOT NULL CHECK (position > 0),
    charge_coins bigint NOT NULL,
    day_coins bigint NOT NULL,
    week_coins bigint NOT NULL,
    CONSTRAINT platform_caps_once UNIQUE (policy_version, position),
    CONSTRAINT platform_caps_bounds CHECK (
        charge_coins >= 1
        AND charge_coins <= day_coins
        AND day_coins <= week_coins
        AND week_coins <= 9007199254740991
    )
);

CREATE TRIGGER platform_caps_is_append_only
BEFORE UPDATE OR DELETE ON platform_caps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER platform_caps_is_not_truncated
BEFORE TRUNCATE ON platform_caps EXECUTE FUNCTION refuse_change();

-- Which caps a charge met; null: there were none. No foreign key: it would cost each charge a lookup
-- and a lock on the same few rows. The checker looks at them instead.
ALTER TABLE movement ADD COLUMN caps_id smallint
CONSTRAINT movement_caps_of_charges CHECK (caps_id IS NULL OR kind = 'charge');

ALTER TABLE movement DROP CONSTRAINT movement_outcome;
ALTER TABLE movement ADD CONSTRAINT movement_outcome CHECK (
    CASE outcome
        WHEN 'posted' THEN lot_id IS NOT NULL
        ELSE
            outcome IN (
                'insufficient_coins',
                'day_limit_reached',
                'week_limit_reached',
                'creator_limit_reached',
                'platform_day_reached',
                'platform_week_reached',
                'platform_charge_reached'
            )
            AND (caps_id IS NOT NULL OR NOT starts_with(outcome, 'platform'))
            AND kind = 'charge' AND lot_id IS NULL AND lot_ids IS NULL
    END
);
