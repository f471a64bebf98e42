-- Charges that are given back because an operator has a gift returned that its creator froze (I11). On
-- what grounds is in the log of payouts, where it was decided.
ALTER TABLE charge_undo
DROP CONSTRAINT charge_undo_reason_check,
ADD CONSTRAINT charge_undo_reason_check CHECK (reason IN ('undo', 'quarantine'));

ALTER TABLE reversal
DROP CONSTRAINT reversal_actor_check,
ADD CONSTRAINT reversal_actor_check CHECK (
    actor ~ '^(provider|operator|sender|quarantine):.{1,64}$'
);

ALTER TABLE reinstatement
DROP CONSTRAINT reinstatement_actor_check,
ADD CONSTRAINT reinstatement_actor_check CHECK (
    actor ~ '^(provider|operator|sender|quarantine):.{1,64}$'
);
