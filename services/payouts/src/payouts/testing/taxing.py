"""Creators and the tax office, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from uuid import UUID

import msgspec

from chassis import ids, sql
from chassis.db import Pool, transact
from chassis.operators import Act
from payouts.commands.correct_withholding import (
    Corrected,
    CorrectWithholding,
    Excess,
    correct_withholding,
    preview_corrections,
)
from payouts.commands.publish_withholding import publish_withholding
from payouts.commands.review_tax_form import ReviewTaxForm, review_tax_form
from payouts.commands.submit_tax_form import SubmitTaxForm, submit_tax_form
from payouts.domain.payout import Payout
from payouts.domain.tax_form import FormDecision, FormKind, TaxForm, read_declaration
from payouts.domain.withholding import WithholdingTable
from payouts.testing.agreeing import PATHS, moved
from payouts.testing.paying import CREATOR, NOW, SEALER, request, settled_creator

STATEMENTS = sql.load("payouts.testing", "taxing.sql")

US_FROM = datetime(2026, 1, 1, tzinfo=UTC)


def us_table(
    version: int = 2, effective_from: datetime = US_FROM, **changes: object
) -> WithholdingTable:
    """The shares of the United States, as they are shipped."""
    text = files("payouts.data").joinpath("withholding_us.json").read_bytes()
    table = msgspec.json.decode(text, type=list[WithholdingTable])[-1]
    return msgspec.structs.replace(table, version=version, effective_from=effective_from, **changes)


async def withhold(pool: Pool, table: WithholdingTable | None = None) -> WithholdingTable:
    """Let a table come into force; by default that of the United States, before `NOW`."""
    wanted = table or us_table()
    before = wanted.effective_from - timedelta(days=1)
    await transact(pool, lambda conn: publish_withholding(conn, [wanted], now=before))
    return wanted


async def submit(
    pool: Pool,
    kind: FormKind = FormKind.W8BEN,
    country: str = "IN",
    *,
    claims_treaty: bool = True,
    tax_id: str = "ABCDE1234F",
    form_id: UUID | None = None,
    creator_id: str = CREATOR,
    at: datetime = NOW,
) -> TaxForm:
    """A form that nobody has looked at."""
    declaration = read_declaration(
        kind=kind, country=country, claims_treaty=claims_treaty, tax_id=tax_id
    )
    order = SubmitTaxForm(form_id or ids.uuid7(), creator_id, declaration)
    return (await transact(pool, lambda conn: submit_tax_form(conn, order, SEALER, at=at))).form


async def decide(
    pool: Pool,
    form: TaxForm,
    decision: FormDecision = FormDecision.VERIFIED,
    *,
    at: datetime = NOW,
) -> TaxForm:
    """Let an operator look at a form."""
    order = ReviewTaxForm(form.form_id, decision, Act("otto", "papers seen", at))
    return await transact(pool, lambda conn: review_tax_form(conn, order))


async def declare(
    pool: Pool,
    kind: FormKind = FormKind.W8BEN,
    country: str = "IN",
    *,
    claims_treaty: bool = True,
    tax_id: str = "ABCDE1234F",
    creator_id: str = CREATOR,
    at: datetime = NOW,
) -> TaxForm:
    """A form that counts."""
    form = await submit(
        pool,
        kind,
        country,
        claims_treaty=claims_treaty,
        tax_id=tax_id,
        creator_id=creator_id,
        at=at,
    )
    return await decide(pool, form, at=at)


async def preview(pool: Pool, *, creator_id: str = CREATOR, at: datetime = NOW) -> Sequence[Excess]:
    """What could be corrected."""
    async with pool.acquire() as conn:
        return await preview_corrections(conn, creator_id, at=at)


async def correct(
    pool: Pool, payout: Payout, amount_minor: int, *, at: datetime = NOW
) -> Corrected:
    """Correct what was withheld of a payout, with as many operators as it takes."""
    for operator_id in ("otto", "olga"):
        done = await ask_to_correct(pool, payout, amount_minor, operator_id, at=at)
        if done is not None:
            return done
    raise AssertionError("two operators are enough for everything")


async def ask_to_correct(
    pool: Pool, payout: Payout, amount_minor: int, operator_id: str, *, at: datetime = NOW
) -> Corrected | None:
    """Let one operator ask for a correction."""
    order = CorrectWithholding(payout.payout_id, amount_minor, Act(operator_id, "form came", at))
    return await transact(pool, lambda conn: correct_withholding(conn, order))


async def overwithheld(pool: Pool) -> tuple[Payout, int]:
    """Ten dollars that were paid before a form came, and what was withheld too much of them."""
    await withhold(pool)
    method = await settled_creator(pool)
    payout = (await request(pool, method, 2_000_000_000)).payout
    payout = await moved(pool, payout, *PATHS["PAID"])
    await declare(pool)
    [seen] = await preview(pool)
    return payout, seen.excess_minor


async def assert_withholding_balances(pool: Pool) -> None:
    """What the tax office and creators are owed is what payouts and corrections make it."""
    assert await pool.fetch(STATEMENTS["select_unbalanced"]) == []
