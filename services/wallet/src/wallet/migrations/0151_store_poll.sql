-- Lists that a store offers to be read instead of telling, and up to when they have been.
CREATE TABLE store_poll (
    provider text PRIMARY KEY,
    -- All that the store listed before was recorded; null until the first reading is through.
    read_until timestamptz,
    -- When the list is read next.
    due_at timestamptz NOT NULL
);

CREATE FUNCTION check_store_poll() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.provider <> OLD.provider OR coalesce(NEW.read_until < OLD.read_until, FALSE)
        OR (OLD.read_until IS NOT NULL AND NEW.read_until IS NULL)
    THEN
        RAISE EXCEPTION 'what was read of % stays read', OLD.provider
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER store_poll_only_goes_on
BEFORE UPDATE ON store_poll FOR EACH ROW EXECUTE FUNCTION check_store_poll();
CREATE TRIGGER store_poll_is_never_deleted
BEFORE DELETE ON store_poll FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER store_poll_is_not_truncated
BEFORE TRUNCATE ON store_poll EXECUTE FUNCTION refuse_change();
