-- A reversal is written with its legs by one statement, so that what was checked of each when the
-- transaction ended is checked of all of them together when the statement does.
DROP TRIGGER reversal_is_covered_by_its_legs ON reversal;
DROP FUNCTION check_reversal;

-- Legs add up to their reversal, and of no purchase more is taken back than was paid (E07).
CREATE FUNCTION check_reversals() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    wrong uuid;
BEGIN
    SELECT a.reversal_id INTO wrong
    FROM added AS a
    WHERE a.coins <> (
        SELECT coalesce(sum(l.coins), 0) FROM reversal_leg AS l WHERE l.reversal_id = a.reversal_id
    )
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'legs of reversal % do not add up to it', wrong
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT p.purchase_id INTO wrong
    FROM (SELECT DISTINCT purchase_id FROM added) AS a
    INNER JOIN purchase AS p ON a.purchase_id = p.purchase_id
    WHERE (
        (SELECT sum(r.amount_minor) FROM reversal AS r WHERE r.purchase_id = p.purchase_id)
        - (
            SELECT coalesce(sum(r.amount_minor), 0)
            FROM reinstatement AS r WHERE r.purchase_id = p.purchase_id
        )
    ) > p.amount_minor
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'more would be taken back than was paid for purchase %', wrong
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER reversal_is_covered_by_its_legs
AFTER INSERT ON reversal REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_reversals();
