"""Migrations expand: a process of the version before goes on while they are applied, and after."""

import re
from collections.abc import Collection
from functools import cache

import pytest

from chassis.migrate import Migration, migrations
from support.expanding import breaks
from support.source import REPOSITORY, SERVICES

BASELINE = {
    "wallet.migrations": (210, 19),
    "gifts.migrations": (280, 19),
    "payouts.migrations": (395, 23),
}
"""Up to which version migrations are exempt, and how many there are, the chassis' included.

Nothing was released before them: there is no older process that they could break. The count holds
those after them to versions above.
"""

CONTRACT = re.compile(r"^-- contract: (\d{4})\b", re.MULTILINE)
"""In the comment at the top: the migration or the decision after which nobody needs what goes."""


def test_migrations_break_no_older_process() -> None:
    """What takes something away says which earlier step has made it unneeded."""
    wrong = [
        f"{migration.name}: {each}"
        for package in BASELINE
        for migration in after_baseline(package)
        for each in judge(migration, known=steps(package, before=migration.version))
    ]
    assert wrong == [], "see docs/runbooks/upgrade.md"


def test_every_service_is_held_to_it() -> None:
    """And no later migration takes a number among those that are exempt."""
    assert set(BASELINE) == {f"{service}.migrations" for service in SERVICES}
    for package, (newest, count) in BASELINE.items():
        exempt = [each.version for each in migrations(package) if each.version <= newest]
        assert (len(exempt), exempt[-1]) == (count, newest), package


BREAKING = {
    "DROP TABLE gift;",
    "DROP INDEX gift_by_creator;",
    "DROP FUNCTION check_gift;",
    "DROP VIEW gift_shown;",
    "ALTER TABLE gift DROP COLUMN note;",
    "ALTER TABLE gift ADD COLUMN a text, DROP COLUMN IF EXISTS note;",
    "ALTER TABLE gift DROP note;",
    "ALTER TABLE gift RENAME TO present;",
    "ALTER TABLE gift RENAME COLUMN note TO message;",
    "ALTER TABLE gift RENAME CONSTRAINT gift_check TO gift_is_whole;",
    "ALTER INDEX gift_by_creator RENAME TO gift_creator;",
    "ALTER TYPE status RENAME VALUE 'SENT' TO 'GIVEN';",
    "ALTER TABLE gift SET SCHEMA old;",
    "ALTER TABLE gift ALTER COLUMN note TYPE bytea;",
    "ALTER TABLE gift ALTER note SET DATA TYPE varchar(9);",
    "ALTER TABLE gift ALTER COLUMN note SET NOT NULL;",
    "ALTER TABLE gift ALTER COLUMN note SET DEFAULT '', ALTER COLUMN note SET NOT NULL;",
    "ALTER TABLE gift ALTER COLUMN note DROP DEFAULT;",
    "ALTER TABLE gift ADD COLUMN note text NOT NULL;",
    "ALTER TABLE gift ADD COLUMN note text CHECK (note IN ('a', 'b')) NOT NULL;",
    "ALTER TABLE gift ADD CHECK (price_coins > 0);",
    "ALTER TABLE gift ADD CONSTRAINT gift_pays CHECK (price_coins > 0) NOT VALID;",
    "ALTER TABLE gift ADD UNIQUE (sender_id, body_hash);",
    "ALTER TABLE gift DROP CONSTRAINT gift_pkey;",
    "ALTER TABLE ONLY gift ADD COLUMN a text, ADD FOREIGN KEY (a) REFERENCES item;",
    "CREATE UNIQUE INDEX gift_once ON gift (body_hash);",
    "DELETE FROM gift WHERE status = 'PENDING';",
    "TRUNCATE gift;",
    "REVOKE SELECT ON gift FROM checker;",
    "-- DROP TABLE a;\nCREATE TABLE a (b text);\n/* c */ DROP TABLE gift;",
}

EXPANDING = {
    "CREATE TABLE present (a text NOT NULL); CREATE UNIQUE INDEX b ON present (a);",
    "CREATE TABLE present (a text); ALTER TABLE present ADD CHECK (a <> ''), ALTER a SET NOT NULL;",
    "ALTER TABLE gift ADD COLUMN note text;",
    "ALTER TABLE gift ADD COLUMN note text CONSTRAINT note_is_short CHECK (length(note) < 9);",
    "ALTER TABLE gift ADD COLUMN note text NOT NULL DEFAULT '';",
    "ALTER TABLE gift ADD COLUMN n bigint NOT NULL GENERATED ALWAYS AS (price_coins * 2) STORED;",
    "ALTER TABLE gift ALTER COLUMN note DROP NOT NULL, ALTER COLUMN note SET DEFAULT '';",
    "ALTER TABLE gift DROP CONSTRAINT s, ADD CONSTRAINT s CHECK (status IN ('A', 'B', 'C'));",
    "CREATE INDEX gift_by_note ON gift (note);",
    "CREATE VIEW gift_shown AS SELECT * FROM gift;",
    "UPDATE gift SET note = 'DROP TABLE gift; it says';",
    "INSERT INTO word VALUES ('it''s; DROP TABLE gift');",
    "DROP TRIGGER a ON gift; CREATE TRIGGER a AFTER UPDATE ON gift EXECUTE FUNCTION b();",
    "CREATE FUNCTION a() RETURNS trigger AS $$ BEGIN DELETE FROM gift; END; $$ LANGUAGE plpgsql;",
    "-- DROP TABLE gift;\nSELECT 1;",
}


@pytest.mark.parametrize("text", sorted(BREAKING))
def test_what_breaks_is_found(text: str) -> None:
    assert breaks(text)


@pytest.mark.parametrize("text", sorted(EXPANDING))
def test_what_expands_is_let_through(text: str) -> None:
    assert breaks(text) == []


def test_a_contract_step_names_what_it_completes() -> None:
    """A number of nothing, or words elsewhere than at the top, are no leave."""
    what = "ALTER TABLE gift DROP COLUMN note;"
    first = "-- The note goes.\n-- contract: 0300 writes the message instead.\n\n"

    def judged(text: str) -> list[str]:
        return judge(Migration(310, "0310_note.sql", text), known={300})

    assert judged(first + what) == []
    assert judged(what) != []
    assert judged(what + "\n-- contract: 0300\n") != []
    assert judged(first.replace("0300", "0310") + what) != []
    assert judged(first.replace("0300", "later") + what) != []


def judge(migration: Migration, *, known: Collection[int]) -> list[str]:
    """What is wrong with a migration; `known` are the numbers that its contract may name."""
    found = breaks(migration.text)
    head = migration.text[: len(migration.text) - len(_without_head(migration.text))]
    named = CONTRACT.search(head)
    return [] if named and int(named[1]) in known else found


def _without_head(text: str) -> str:
    """The text after the comments at its top."""
    return re.sub(r"\A(?:\s*--[^\n]*\n)*", "", text)


def after_baseline(package: str) -> list[Migration]:
    return [each for each in migrations(package) if each.version > BASELINE[package][0]]


def steps(package: str, *, before: int) -> set[int]:
    """Migrations of the service that come before one, and all decisions."""
    return decisions() | {each.version for each in migrations(package) if each.version < before}


@cache
def decisions() -> set[int]:
    folder = REPOSITORY / "docs" / "decisions"
    return {int(path.name[:4]) for path in folder.glob("[0-9][0-9][0-9][0-9]-*.md")}
