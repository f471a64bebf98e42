-- What is on sale. A version is published whole and never changes, so that a gift's frozen price can
-- be explained for as long as the gift exists.

CREATE TABLE catalogue_version (
    version integer PRIMARY KEY CHECK (version > 0),
    effective_from timestamptz NOT NULL UNIQUE,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE catalogue_item (
    version integer NOT NULL REFERENCES catalogue_version,
    item_id text COLLATE "C" NOT NULL CHECK (item_id ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    tier integer NOT NULL CHECK (tier > 0),
    -- 1000 pieces of the dearest item still fit into 2^53 - 1.
    price_coins bigint NOT NULL CHECK (price_coins BETWEEN 1 AND 1000000000000),
    max_message_length integer NOT NULL CHECK (max_message_length BETWEEN 0 AND 350),
    streakable boolean NOT NULL,
    PRIMARY KEY (version, item_id)
);

CREATE TRIGGER catalogue_version_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON catalogue_version
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER catalogue_item_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON catalogue_item
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A published version takes no further items either: all come with it, in its own transaction.
CREATE FUNCTION refuse_late_item() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM catalogue_version AS v
        WHERE v.version = new.version AND v.xmin = pg_current_xact_id()::xid
    ) THEN
        RAISE EXCEPTION 'catalogue version % is published already', new.version
        USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END;
$$;

CREATE TRIGGER catalogue_item_comes_with_its_version
BEFORE INSERT ON catalogue_item
FOR EACH ROW EXECUTE FUNCTION refuse_late_item();
