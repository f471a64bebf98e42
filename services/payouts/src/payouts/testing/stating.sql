-- name: let_time_be_told
-- Accruals are booked at the moment that `tell_time` says, in transactions in which it says one.
ALTER TABLE accrual ALTER COLUMN accrued_at SET DEFAULT
coalesce(nullif(current_setting('test.now', true), '')::timestamptz, clock_timestamp());

-- name: tell_time
-- Until the transaction ends.
-- $1 moment
SELECT set_config('test.now', $1::timestamptz::text, true);

-- name: add_takings
-- Another source of statements' lines, as whatever takes earnings back is one.
CREATE TABLE taking (
    gift_id uuid PRIMARY KEY,
    creator_id text NOT NULL,
    micro_diamonds bigint NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    earned_at timestamptz NOT NULL,
    recorded_by xid8 NOT NULL DEFAULT pg_current_xact_id()
);
DO $$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE VIEW statement_entry AS %s UNION ALL SELECT creator_id, recorded_by, at,'
        ' gift_id, 2, ''REVERSED'', -micro_diamonds, gift_id, NULL, reason, earned_at FROM taking',
        rtrim(pg_get_viewdef('statement_entry'), ';')
    );
END;
$$;
