-- The form of a statement belongs to the moment of which it tells: what was issued, or could be
-- asked for, before there was another form keeps its bytes.
ALTER TABLE statement_mark
ADD COLUMN form integer NOT NULL DEFAULT 1 CHECK (form BETWEEN 1 AND 2);
