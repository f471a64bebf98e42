-- A message that was withheld or removed by mistake can be shown again, and removed again.

-- Since when it is shown again; null: it is shown to nobody.
ALTER TABLE silenced_message
ADD COLUMN shown_again_at timestamptz
CONSTRAINT silenced_message_is_shown_after CHECK (shown_again_at >= silenced_at);

CREATE OR REPLACE FUNCTION refuse_unsilencing() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the message of gift % is withheld or removed, shown again, or removed again: one after another',
        old.gift_id
    USING ERRCODE = 'restrict_violation';
END;
$$;

DROP TRIGGER silenced_message_goes_forward ON silenced_message;

CREATE TRIGGER silenced_message_goes_forward
AFTER UPDATE ON silenced_message
FOR EACH ROW WHEN (
    (old.gift_id, old.word_list_version, old.term)
    IS DISTINCT FROM (new.gift_id, new.word_list_version, new.term)
    OR CASE
        WHEN new.shown_again_at IS NOT NULL
            THEN
                old.shown_again_at IS NOT NULL
                OR (old.status, old.silenced_at) IS DISTINCT FROM (new.status, new.silenced_at)
        ELSE new.status <> 'REMOVED' OR (old.status = 'REMOVED' AND old.shown_again_at IS NULL)
    END
) EXECUTE FUNCTION refuse_unsilencing();
