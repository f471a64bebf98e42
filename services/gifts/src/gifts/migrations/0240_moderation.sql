-- What creators and operators keep from being given, said and shown.

-- Who may give a creator nothing. What was written before stands.
CREATE TABLE blocked_gifter (
    creator_id text COLLATE "C" NOT NULL CHECK (length(creator_id) BETWEEN 1 AND 64),
    user_id text COLLATE "C" NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
    -- The order of the creator's list.
    seq bigint GENERATED ALWAYS AS IDENTITY,
    blocked_at timestamptz NOT NULL,
    PRIMARY KEY (creator_id, user_id),
    CONSTRAINT blocked_gifter_is_someone_else CHECK (creator_id <> user_id)
);

CREATE UNIQUE INDEX blocked_gifter_by_creator ON blocked_gifter (creator_id, seq);

-- Whether its host lets gifts be sent to it; while the host takes none at all, this changes nothing.
ALTER TABLE room ADD COLUMN takes_gifts boolean NOT NULL DEFAULT true;

-- What is not shown in messages and names. The newest version counts, from its publication on.
CREATE TABLE word_list (
    version integer PRIMARY KEY CHECK (version > 0),
    terms text [] NOT NULL,
    published_at timestamptz NOT NULL
);

CREATE TRIGGER word_list_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON word_list
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Messages that are shown to nobody. The gift keeps its own, for operators, and counts as it did.
CREATE TABLE silenced_message (
    gift_id uuid PRIMARY KEY,
    -- WITHHELD by the word list, when the gift was written; REMOVED by an operator.
    status text NOT NULL CHECK (status IN ('WITHHELD', 'REMOVED')),
    silenced_at timestamptz NOT NULL,
    -- What withheld it, if that was the word list.
    word_list_version integer,
    term text,
    CONSTRAINT silenced_message_says_why CHECK (
        (word_list_version IS NULL) = (term IS NULL)
        AND (status = 'REMOVED' OR term IS NOT NULL)
    )
);

CREATE FUNCTION refuse_unsilencing() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the message of gift % is withheld, then removed, and never shown again',
        old.gift_id
    USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER silenced_message_goes_forward
AFTER UPDATE ON silenced_message
FOR EACH ROW WHEN (
    old.status = 'REMOVED'
    OR (old.gift_id, old.word_list_version, old.term)
    IS DISTINCT FROM (new.gift_id, new.word_list_version, new.term)
) EXECUTE FUNCTION refuse_unsilencing();

CREATE TRIGGER silenced_message_is_never_deleted
BEFORE DELETE OR TRUNCATE ON silenced_message
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For operators, who read what was written to a creator.
CREATE INDEX gift_with_message ON gift (creator_id, seq) WHERE message IS NOT NULL;

-- What senders call themselves, as their tokens said last. Null: nothing that can be shown.
CREATE TABLE user_name (
    user_id text COLLATE "C" PRIMARY KEY CHECK (length(user_id) BETWEEN 1 AND 64),
    name text CHECK (length(name) BETWEEN 1 AND 50),
    changed_at timestamptz NOT NULL
) WITH (fillfactor = 80);
