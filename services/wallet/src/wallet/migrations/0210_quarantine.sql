-- Charges that are given back because an operator has a gift returned that its creator froze (I11).
ALTER TABLE charge_undo
DROP CONSTRAINT charge_undo_reason_check,
ADD CONSTRAINT charge_undo_reason_check CHECK (reason IN ('undo', 'quarantine'));
