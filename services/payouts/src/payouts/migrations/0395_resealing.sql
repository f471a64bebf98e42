-- A seal may be replaced by one under another key, alone: what is under it stays what it was, since
-- no seal opens that is not of its own row. It is no move and leaves no history.

CREATE FUNCTION check_reseal() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    of_seal text := TG_ARGV[0];
BEGIN
    IF to_jsonb(OLD) - of_seal IS DISTINCT FROM to_jsonb(NEW) - of_seal THEN
        RAISE EXCEPTION '% changes alone: what was sealed is fixed', of_seal
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- A seal begins with the name of its key (8 bytes); `\x` and two digits a byte.
    IF left(to_jsonb(OLD) ->> of_seal, 18) = left(to_jsonb(NEW) ->> of_seal, 18) THEN
        RAISE EXCEPTION '% changes with its key only', of_seal
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER payout_method_moves_as_allowed
BEFORE UPDATE ON payout_method FOR EACH ROW
WHEN (OLD.sealed_details = NEW.sealed_details)
EXECUTE FUNCTION check_payout_method_move();
CREATE TRIGGER payout_method_is_resealed
BEFORE UPDATE ON payout_method FOR EACH ROW
WHEN (OLD.sealed_details <> NEW.sealed_details)
EXECUTE FUNCTION check_reseal('sealed_details');

DROP TRIGGER payout_method_writes_history ON payout_method;
CREATE TRIGGER payout_method_begins_history
AFTER INSERT ON payout_method FOR EACH ROW EXECUTE FUNCTION write_payout_method_history();
CREATE TRIGGER payout_method_writes_history
AFTER UPDATE ON payout_method FOR EACH ROW
WHEN (OLD.sealed_details = NEW.sealed_details)
EXECUTE FUNCTION write_payout_method_history();

CREATE OR REPLACE TRIGGER tax_form_moves_as_allowed
BEFORE UPDATE ON tax_form FOR EACH ROW
WHEN (OLD.sealed_tax_id = NEW.sealed_tax_id)
EXECUTE FUNCTION check_tax_form_move();
CREATE TRIGGER tax_form_is_resealed
BEFORE UPDATE ON tax_form FOR EACH ROW
WHEN (OLD.sealed_tax_id <> NEW.sealed_tax_id)
EXECUTE FUNCTION check_reseal('sealed_tax_id');
