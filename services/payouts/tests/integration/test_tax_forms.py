"""Tax forms: sent once, decided by operators, counted while they are valid (E41)."""

import json
from datetime import UTC, date, datetime, timedelta

import asyncpg
import msgspec
import pytest

from chassis.ids import uuid7
from chassis.testing.databases import Database
from payouts.commands.submit_tax_form import SubmitTaxForm
from payouts.domain.refusals import (
    IdempotencyConflictError,
    TaxFormDecidedError,
    TaxFormUnknownError,
)
from payouts.domain.tax_form import FormDecision, FormKind, FormStatus, read_declaration
from payouts.sealing import Sealer, UnsealableError
from payouts.store.tax_forms import find_form_that_counts, find_sealed_tax_id
from payouts.testing.paying import CREATOR, NOW, SEALER
from payouts.testing.taxing import decide, declare, submit

VERIFIED, REJECTED = FormDecision.VERIFIED, FormDecision.REJECTED


async def counting(database: Database) -> object:
    async with database.pool.acquire() as conn:
        found = await find_form_that_counts(conn, CREATOR)
    return None if found is None else (found.form_id, found.status)


async def test_a_form_counts_when_it_is_verified(database: Database) -> None:
    form = await submit(database.pool, at=datetime(2026, 6, 9, tzinfo=UTC))
    before = await counting(database)

    decided = await decide(database.pool, form)

    assert before is None
    assert await counting(database) == (form.form_id, FormStatus.VERIFIED)
    assert (decided.status, decided.verified_at, decided.valid_until) == (
        FormStatus.VERIFIED,
        NOW,
        date(2029, 12, 31),
    )
    [action] = await database.pool.fetch(
        "SELECT operator_id, action, subject, reason, details FROM operator_action"
    )
    assert tuple(action)[:4] == ("otto", "reviewTaxForm", str(form.form_id), "papers seen")
    assert json.loads(action["details"]) == {"decision": "VERIFIED"}


async def test_sent_twice_is_sent_once(database: Database) -> None:
    """Whatever of it differs makes it another form, also what is sealed."""
    form_id = uuid7()
    first = await submit(database.pool, form_id=form_id)

    assert await submit(database.pool, form_id=form_id, tax_id="abcde-1234 f") == first
    for other in (
        {"tax_id": "ABCDE1234G"},
        {"country": "DE"},
        {"claims_treaty": False},
        {"kind": FormKind.OTHER, "claims_treaty": False},
        {"creator_id": "else"},
    ):
        with pytest.raises(IdempotencyConflictError):
            await submit(database.pool, form_id=form_id, **other)  # pyright: ignore[reportArgumentType]
    assert await database.pool.fetchval("SELECT count(*) FROM tax_form") == 1


async def test_the_number_is_sealed_to_its_form(database: Database) -> None:
    one, other = await submit(database.pool), await submit(database.pool)

    async with database.pool.acquire() as conn:
        sealed = await find_sealed_tax_id(conn, one.form_id)
    assert sealed is not None

    assert one.display == "IN ••••234F"
    assert b"ABCDE" not in sealed
    assert SEALER.open_tax_id(one.form_id, sealed) == "ABCDE1234F"
    with pytest.raises(UnsealableError):
        SEALER.open_tax_id(other.form_id, sealed)
    with pytest.raises(UnsealableError):
        SEALER.open(one.form_id, sealed)
    with pytest.raises(UnsealableError):
        Sealer([bytes([1]) * 32]).open_tax_id(one.form_id, sealed)


@pytest.mark.parametrize(
    ("decisions", "status"),
    [
        ((VERIFIED, VERIFIED), "VERIFIED"),
        ((REJECTED, VERIFIED), "REJECTED"),
        ((REJECTED, REJECTED), "REJECTED"),
        ((VERIFIED, REJECTED, VERIFIED), "REJECTED"),
    ],
    ids=["twice", "rejected", "rejected-twice", "rejected-later"],
)
async def test_what_was_decided_stays(
    database: Database, decisions: tuple[FormDecision, ...], status: str
) -> None:
    form = await submit(database.pool)
    for decision in decisions[:-1]:
        form = await decide(database.pool, form, decision)

    with pytest.raises(TaxFormDecidedError) as refused:
        await decide(database.pool, form, decisions[-1])

    assert refused.value.status == status


async def test_a_form_that_is_not(database: Database) -> None:
    form = await submit(database.pool)
    with pytest.raises(TaxFormUnknownError):
        await decide(database.pool, msgspec.structs.replace(form, form_id=uuid7()))


async def test_the_newest_verified_counts_even_when_it_was_wrong(database: Database) -> None:
    """It contradicts what came before: nobody goes back to that by having a lie found out."""
    await declare(database.pool)
    wrong = await submit(database.pool, FormKind.W9, "US", claims_treaty=False, tax_id="123456789")
    await decide(database.pool, wrong, at=NOW + timedelta(days=1))
    await decide(database.pool, wrong, REJECTED, at=NOW + timedelta(days=2))

    assert await counting(database) == (wrong.form_id, FormStatus.REJECTED)


async def test_a_rejected_one_takes_nothing_from_the_one_before(database: Database) -> None:
    first = await declare(database.pool)
    await decide(database.pool, await submit(database.pool), REJECTED)

    assert await counting(database) == (first.form_id, FormStatus.VERIFIED)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tax_form SET country = 'DE'",
        "UPDATE tax_form SET status = 'PENDING', verified_at = NULL",
        "UPDATE tax_form SET status = 'REJECTED', verified_at = NULL",
        "UPDATE tax_form SET status = 'REJECTED', sealed_tax_id = 'x'",
        "DELETE FROM tax_form",
        "TRUNCATE tax_form CASCADE",
        "UPDATE withholding_rates SET version = 7",
        "DELETE FROM withholding_rates",
    ],
)
async def test_the_database_keeps_forms_and_tables(database: Database, statement: str) -> None:
    await declare(database.pool)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await database.pool.execute(statement)


def test_an_order_does_not_print_the_number() -> None:
    declared = read_declaration(
        kind=FormKind.W9, country="US", claims_treaty=False, tax_id="123456789"
    )
    assert "123456789" not in repr(SubmitTaxForm(uuid7(), CREATOR, declared))
