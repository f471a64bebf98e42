-- What creators were given per gifter, item and day: figures that tie with their accounts.

-- Who gave, and what: the other halves of an accrual's figures. Empty of gifts that were accrued
-- before this was kept; a constant default, so that no table is written anew.
ALTER TABLE accrual
ADD COLUMN sender_id text NOT NULL DEFAULT '',
ADD COLUMN item_id text NOT NULL DEFAULT '';

-- Figures are added up behind the journal, from mark to mark, so that accruing a gift costs nothing
-- more. What is clawed back is rare, and an index on it is cheap; accruals are found by the index
-- that statements have.
CREATE INDEX clawback_recorded ON clawback (recorded_by);

-- A day is that of the gift, in UTC, also of what is taken back of it later. Three times the same
-- sums: by whom, by what and by day alone, each with its key.
CREATE TABLE creator_figure (
    creator_id text NOT NULL,
    breakdown text NOT NULL CHECK (breakdown IN ('GIFTER', 'ITEM', 'DAY')),
    day date NOT NULL,
    -- A user id, an item's id, or nothing.
    key text NOT NULL CHECK (breakdown <> 'DAY' OR key = ''),
    gifts bigint NOT NULL CHECK (gifts > 0),
    coins bigint NOT NULL CHECK (coins >= gifts),
    micro_diamonds bigint NOT NULL CHECK (micro_diamonds >= 0),
    -- Less what was given back.
    reversed_coins bigint NOT NULL,
    reversed_micro_diamonds bigint NOT NULL,
    PRIMARY KEY (creator_id, breakdown, day, key),
    CONSTRAINT creator_figure_reversed_once CHECK (
        reversed_coins BETWEEN 0 AND coins
        AND reversed_micro_diamonds BETWEEN 0 AND micro_diamonds
    )
) WITH (fillfactor = 70);

-- Up to which mark the journals have been added up; the one row is locked by whoever adds.
CREATE TABLE figure_fold (
    is_single boolean PRIMARY KEY DEFAULT true CHECK (is_single),
    mark_id bigint REFERENCES statement_mark
);
INSERT INTO figure_fold DEFAULT VALUES;
