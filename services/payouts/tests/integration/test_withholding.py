"""What is withheld of payouts, what becomes of it, and how it is corrected (E41)."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from chassis.db import transact
from chassis.ids import uuid7
from chassis.operators import Act
from chassis.testing.databases import Database, blocked
from chassis.testing.eventually import eventually
from payouts.commands.correct_withholding import CorrectWithholding, correct_withholding
from payouts.commands.decide_held_payout import HeldDecision
from payouts.commands.known_rates import KnownRates
from payouts.commands.move_payout import move_payout
from payouts.commands.request_payout import request_payout
from payouts.commands.submit_payouts import submit_payouts
from payouts.domain.payout import Move, Payout, PayoutOrder, PayoutStatus, shown_reason
from payouts.domain.refusals import (
    CorrectionChangedError,
    FeesExceedPayoutError,
    TaxFormNeededError,
)
from payouts.domain.tax_form import FormDecision, FormKind
from payouts.store.methods import find_method
from payouts.store.payouts import find_payout
from payouts.store.withholding import find_due, select_years
from payouts.testing.deciding import ask_for_decision, release
from payouts.testing.paying import (
    CREATOR,
    NOW,
    add_method,
    assert_payouts_balance,
    earn,
    request,
    review,
    settled_creator,
    some_details,
)
from payouts.testing.taxing import (
    assert_withholding_balances,
    correct,
    decide,
    declare,
    preview,
    submit,
    us_table,
    withhold,
)

TEN_DOLLARS = 2_000_000_000
DAY = timedelta(days=1)
ENDS = ("CANCELED", "FAILED", "RETURNED")
PATHS = {
    "CANCELED": ("CANCELED",),
    "FAILED": ("SUBMITTED", "FAILED"),
    "PAID": ("SUBMITTED", "PAID"),
    "RETURNED": ("SUBMITTED", "PAID", "RETURNED"),
}
"""From where a payout waits."""


@pytest.fixture
async def taxed(database: Database) -> AsyncGenerator[Database]:
    """Withheld from as in the United States; the books balance afterwards."""
    await withhold(database.pool)
    yield database
    await assert_payouts_balance(database.pool)
    await assert_withholding_balances(database.pool)


async def moved(database: Database, payout: Payout, end: str, at: datetime = NOW) -> Payout:
    """Let a payout that waits go on to an end."""
    for status in PATHS[end]:
        payout = await moved_to(database, payout, status, at)
    return payout


async def moved_to(database: Database, payout: Payout, status: str, at: datetime = NOW) -> Payout:
    move = Move(PayoutStatus(status), at, "test", "why")
    after = await transact(database.pool, lambda conn: move_payout(conn, payout, move))
    assert after is not None
    return after


async def paid(database: Database, at: datetime = NOW) -> Payout:
    """Ten dollars, of a creator without a form if nothing was done about it."""
    method = await settled_creator(database.pool, 60_000)
    return await moved(database, (await request(database.pool, method, TEN_DOLLARS)).payout,
                       "PAID", at)  # fmt: skip


async def due(database: Database) -> int:
    async with database.pool.acquire() as conn:
        return await find_due(conn, CREATOR, "USD")


async def owed(database: Database) -> list[tuple[int, str, int]]:
    """To the tax office."""
    async with database.pool.acquire() as conn:
        return [
            (each.tax_year, each.currency, each.tax_minor)
            for each in await select_years(conn, CREATOR)
        ]


async def again(database: Database, payout: Payout, at: datetime = NOW + DAY) -> Payout:
    """Another ten dollars to the same method."""
    async with database.pool.acquire() as conn:
        method = await find_method(conn, payout.method_id)
    assert method is not None
    return (await request(database.pool, method, TEN_DOLLARS, at=at)).payout


async def test_without_a_form_the_default_is_withheld(taxed: Database) -> None:
    """24 % in the United States and 30 % elsewhere, of the gross amount, beside fees."""
    method = await settled_creator(taxed.pool, 60_000)
    abroad = await add_method(taxed.pool, some_details(country="CA"), at=NOW - 9 * DAY)

    at_home = (await request(taxed.pool, method, TEN_DOLLARS)).payout
    elsewhere = (await request(taxed.pool, abroad, TEN_DOLLARS)).payout

    assert (at_home.withheld_bps, at_home.withheld_minor, at_home.net_minor) == (
        2_400, 240, 1_000 - 35 - 240,
    )  # fmt: skip
    assert (elsewhere.withheld_bps, elsewhere.withheld_minor, elsewhere.net_minor) == (
        3_000, 300, 1_000 - 35 - 300,
    )  # fmt: skip
    assert (at_home.withholding_rule, at_home.withholding_version, at_home.tax_form_id) == (
        "NO_FORM", 2, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "gross_minor", "withheld_minor"),
    [("JPY", 1_500, 225), ("HUF", 360_000, 54_000), ("KWD", 3_070, 460)],
)
async def test_currencies_without_and_with_three_decimals(
    taxed: Database, currency: str, gross_minor: int, withheld_minor: int
) -> None:
    """E45. 15 % of 3.070 dinars are 460.5 thousandths: the half is the creator's."""
    await settled_creator(taxed.pool)
    await declare(taxed.pool)
    method = await add_method(taxed.pool, some_details(currency=currency), at=NOW - 9 * DAY)

    payout = (await request(taxed.pool, method, TEN_DOLLARS)).payout

    assert (payout.gross_minor, payout.withheld_minor) == (gross_minor, withheld_minor)
    assert payout.gross_minor == (
        payout.fixed_fee_minor
        + payout.proportional_fee_minor
        + payout.withheld_minor
        + payout.net_minor
    )


async def test_a_form_that_nobody_has_verified_changes_nothing(taxed: Database) -> None:
    method = await settled_creator(taxed.pool)
    await submit(taxed.pool)
    await decide(taxed.pool, await submit(taxed.pool), FormDecision.REJECTED)

    payout = (await request(taxed.pool, method, TEN_DOLLARS)).payout

    assert (payout.withheld_minor, payout.withholding_rule) == (240, "NO_FORM")


async def test_a_form_holds_through_its_last_day(taxed: Database) -> None:
    await declare(taxed.pool, at=datetime(2023, 5, 1, tzinfo=UTC))
    method = await settled_creator(taxed.pool, 60_000)
    last = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)

    still = (await request(taxed.pool, method, TEN_DOLLARS, at=last)).payout
    after = (await request(taxed.pool, method, TEN_DOLLARS, at=last + timedelta(minutes=1))).payout

    assert (still.withholding_rule, still.withheld_bps) == ("TREATY", 1_500)
    assert (after.withholding_rule, after.withheld_bps) == ("FORM_EXPIRED", 3_000)
    assert after.tax_form_id == still.tax_form_id


async def test_nothing_left_says_how_much_is_needed(taxed: Database) -> None:
    """E57: withholding counts among what is kept."""
    await withhold(taxed.pool, us_table(3, datetime(2026, 2, 1, tzinfo=UTC), backup_bps=9_800))
    method = await settled_creator(taxed.pool, 60_000)

    with pytest.raises(FeesExceedPayoutError) as refused:
        await request(taxed.pool, method, TEN_DOLLARS)

    assert refused.value.fees_minor == 25 + 10 + 980
    needed = refused.value.needed_micro_diamonds
    assert (await request(taxed.pool, method, needed)).payout.net_minor == 1


@pytest.mark.parametrize("end", ENDS)
async def test_what_did_not_arrive_is_not_withheld(taxed: Database, end: str) -> None:
    """E41, E16. The diamonds are the creator's again, in full; nobody owes anything of it."""
    method = await settled_creator(taxed.pool)
    payout = (await request(taxed.pool, method, TEN_DOLLARS)).payout

    await moved(taxed, payout, end)

    assert sum(amount for _, _, amount in await owed(taxed)) == 0
    assert await taxed.pool.fetchval("SELECT sum(taken_micro_diamonds) FROM earning_bucket") == 0


async def test_owed_for_the_year_in_which_it_is_paid(taxed: Database) -> None:
    """Requested in one year and paid in the next, in UTC."""
    method = await settled_creator(taxed.pool)
    payout = (await request(taxed.pool, method, TEN_DOLLARS)).payout
    before = await owed(taxed)

    await moved(taxed, payout, "PAID", datetime(2027, 1, 1, tzinfo=UTC))

    assert (before, await owed(taxed)) == ([], [(2027, "USD", 240)])


async def test_a_table_that_changes_between_request_and_transfer(taxed: Database) -> None:
    """A payout keeps the terms of its request; the next one gets the new ones."""
    method = await settled_creator(taxed.pool)
    payout = (await request(taxed.pool, method, TEN_DOLLARS)).payout
    await withhold(taxed.pool, us_table(3, NOW + DAY, backup_bps=2_800))

    await transact(taxed.pool, lambda conn: submit_payouts(conn, at=NOW + DAY, limit=9))
    later = await again(taxed, payout)

    assert (await found(taxed, payout)).status is PayoutStatus.SUBMITTED
    assert (payout.withheld_minor, later.withheld_minor) == (240, 280)


async def found(database: Database, payout: Payout) -> Payout:
    async with database.pool.acquire() as conn:
        read = await find_payout(conn, payout.payout_id)
    assert read is not None
    return read


@pytest.mark.parametrize("renewed", [True, False], ids=["renewed", "not-renewed"])
async def test_a_form_that_expires_between_request_and_transfer(
    taxed: Database, renewed: bool
) -> None:
    """Held, and its creator told why; sent when a form says the same again, else given back."""
    method = await settled_creator(taxed.pool)
    await declare(
        taxed.pool, country="DE", tax_id="12345678901", at=datetime(2023, 5, 1, tzinfo=UTC)
    )
    payout = (await request(taxed.pool, method, TEN_DOLLARS)).payout
    new_year = datetime(2027, 1, 1, tzinfo=UTC)

    await transact(taxed.pool, lambda conn: submit_payouts(conn, at=new_year, limit=9))
    held = await found(taxed, payout)
    with pytest.raises(TaxFormNeededError):
        await ask_for_decision(taxed.pool, payout, at=new_year)
    if renewed:
        await declare(taxed.pool, country="DE", tax_id="12345678901", at=new_year)
        after = await release(taxed.pool, payout, at=new_year)
        await transact(taxed.pool, lambda conn: submit_payouts(conn, at=new_year, limit=9))
    else:
        after = await ask_for_decision(taxed.pool, payout, HeldDecision.RETURN, at=new_year)

    assert payout.withheld_minor == 0
    assert (held.status, shown_reason(held.status, held.reason)) == ("HELD", "tax_form_needed")
    assert after is not None
    assert after.status == ("QUEUED" if renewed else "CANCELED")
    assert (await found(taxed, payout)).status == ("SUBMITTED" if renewed else "CANCELED")


async def test_a_policy_of_holding(taxed: Database) -> None:
    """E41: nothing is reserved and nothing goes out until there is a form; then it does."""
    method = await settled_creator(taxed.pool)
    waiting = (await request(taxed.pool, method, TEN_DOLLARS)).payout
    await withhold(taxed.pool, us_table(3, NOW + DAY, without_form="hold"))
    at = NOW + 2 * DAY

    with pytest.raises(TaxFormNeededError):
        await request(taxed.pool, method, TEN_DOLLARS, at=at)
    kept = await taxed.pool.fetchval("SELECT sum(taken_micro_diamonds) FROM earning_bucket")
    await declare(taxed.pool, FormKind.W9, "US", claims_treaty=False, tax_id="123456789", at=at)
    payout = (await request(taxed.pool, method, TEN_DOLLARS, at=at)).payout

    assert kept == waiting.micro_diamonds
    assert (payout.withheld_minor, payout.withholding_rule) == (0, "RESIDENT")


async def test_a_correction_is_previewed_booked_once_and_paid_once(taxed: Database) -> None:
    """E41. What was seen is what is booked; the next payout carries it, and no further one."""
    first = await paid(taxed)
    form = await declare(taxed.pool, at=NOW + DAY)

    [seen] = await preview(taxed.pool, at=NOW + DAY)
    done = [await correct(taxed.pool, first, 90, at=NOW + DAY) for _ in range(2)]
    next_one = await again(taxed, first)
    third = await again(taxed, first)

    assert (seen.payout, seen.withheld_minor, seen.excess_minor) == (first, 240, 90)
    assert [each.replayed for each in done] == [False, True]
    assert await owed(taxed) == [(2026, "USD", 150)]
    assert (next_one.correction_minor, next_one.net_minor) == (90, 1_000 - 35 - 150 + 90)
    assert third.correction_minor == 0
    assert await due(taxed) == 0
    assert await preview(taxed.pool, at=NOW + DAY) == []
    actions = await taxed.pool.fetch(
        "SELECT subject, details FROM operator_action WHERE action = 'correctWithholding'"
    )
    assert [tuple(each) for each in actions] == [
        (
            str(first.payout_id),
            f'{{"amount_minor":90,"currency":"USD","form_id":"{form.form_id}"}}',
        )
    ]


@pytest.mark.parametrize("amount_minor", [-90, 0, 89, 91, 240])
async def test_another_amount_than_the_preview_is_refused(
    taxed: Database, amount_minor: int
) -> None:
    first = await paid(taxed)
    await declare(taxed.pool, at=NOW + DAY)

    with pytest.raises(CorrectionChangedError) as refused:
        await correct(taxed.pool, first, amount_minor, at=NOW + DAY)

    assert (refused.value.excess_minor, refused.value.currency) == (90, "USD")
    assert await due(taxed) == 0


@pytest.mark.parametrize("why", ["no-form", "next-year", "same-share", "returned", "expired"])
async def test_what_cannot_be_corrected(taxed: Database, why: str) -> None:
    """Only what was paid this year, on the ground of a form that is valid and says less."""
    first = await paid(taxed)
    at = NOW + DAY
    if why == "next-year":
        at = datetime(2027, 1, 1, tzinfo=UTC)
    if why == "same-share":
        await declare(taxed.pool, country="BR", tax_id="12345678901", at=at)
    elif why == "expired":
        await declare(taxed.pool, at=NOW - 5 * 365 * DAY)
    elif why != "no-form":
        await declare(taxed.pool, at=at)
    if why == "returned":
        await moved_to(taxed, first, "RETURNED")

    assert await preview(taxed.pool, at=at) == []
    for amount_minor in (90, 240):
        with pytest.raises(CorrectionChangedError) as refused:
            await correct(taxed.pool, first, amount_minor, at=at)
        assert refused.value.excess_minor == 0


@pytest.mark.parametrize("end", ENDS)
async def test_a_correction_whose_payout_did_not_arrive_is_due_again(
    taxed: Database, end: str
) -> None:
    first = await paid(taxed)
    await declare(taxed.pool, at=NOW + DAY)
    await correct(taxed.pool, first, 90, at=NOW + DAY)
    carrier = await again(taxed, first)
    reserved = await due(taxed)

    await moved(taxed, carrier, end)
    third = await again(taxed, first)

    assert (reserved, third.correction_minor, await due(taxed)) == (0, 90, 0)


async def test_a_corrected_payout_that_comes_back_takes_its_correction_back(
    taxed: Database,
) -> None:
    """E16: all its diamonds are the creator's again, so that what was paid besides is owed, and
    kept of the next payout as far as something arrives."""
    first = await paid(taxed)
    await declare(taxed.pool, at=NOW + DAY)
    await correct(taxed.pool, first, 90, at=NOW + DAY)
    carrier = await moved(taxed, await again(taxed, first), "PAID")

    await moved_to(taxed, first, "RETURNED")
    owes = await due(taxed)
    third = await again(taxed, first)

    assert carrier.correction_minor == 90
    assert owes == -90
    assert (third.correction_minor, third.net_minor) == (-90, 1_000 - 35 - 150 - 90)
    assert await owed(taxed) == [(2026, "USD", 150)]
    assert await due(taxed) == 0


async def test_two_corrections_at_once(taxed: Database) -> None:
    """The second waits for the first to commit, and finds it done."""
    pool = taxed.pool
    first = await paid(taxed)
    await declare(pool, at=NOW + DAY)
    order = CorrectWithholding(first.payout_id, 90, Act("otto", "form came", NOW + DAY))

    async with pool.acquire() as conn, conn.transaction():
        booked = await correct_withholding(conn, order)
        second = asyncio.create_task(correct(pool, first, 90, at=NOW + DAY))
        await eventually(lambda: blocked(pool), within_s=60)

    assert booked is not None, "one operator is enough for so little"
    assert (booked.replayed, (await second).replayed) == (False, True)
    assert await due(taxed) == 90


async def test_two_payouts_at_once_carry_a_correction_once(taxed: Database) -> None:
    """The second waits until the first has taken it, and takes nothing."""
    pool = taxed.pool
    first = await paid(taxed)
    await declare(pool, at=NOW + DAY)
    await correct(pool, first, 90, at=NOW + DAY)
    order = PayoutOrder(uuid7(), CREATOR, first.method_id, TEN_DOLLARS)

    async with pool.acquire() as conn, conn.transaction():
        one = await request_payout(conn, order, KnownRates(), at=NOW + DAY)
        other = asyncio.create_task(again(taxed, first))
        await eventually(lambda: blocked(pool), within_s=60)

    assert (one.payout.correction_minor, (await other).correction_minor) == (90, 0)
    assert await due(taxed) == 0


async def test_a_correction_waits_for_a_payout_in_its_currency(taxed: Database) -> None:
    first = await paid(taxed)
    await declare(taxed.pool, at=NOW + DAY)
    await correct(taxed.pool, first, 90, at=NOW + DAY)
    yen = await add_method(taxed.pool, some_details(currency="JPY"), at=NOW - 9 * DAY)

    payout = (await request(taxed.pool, yen, TEN_DOLLARS, at=NOW + DAY)).payout

    assert (payout.correction_minor, await due(taxed)) == (0, 90)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE withholding_entry SET tax_minor = 1",
        "DELETE FROM withholding_entry",
        "TRUNCATE withholding_entry",
        "UPDATE payout SET withheld_minor = 0, net_minor = net_minor + withheld_minor,"
        " status = 'RETURNED', reason = 'why'",
        "INSERT INTO withholding_entry (creator_id, currency, payout_id, kind, tax_year, tax_minor,"
        " creator_minor, tax_form_id, at) SELECT creator_id, 'USD', payout_id, 'CORRECTED', 2026,"
        " -241, 241, (SELECT form_id FROM tax_form), now() FROM payout",
        "INSERT INTO withholding_entry (creator_id, currency, payout_id, kind, tax_year, tax_minor,"
        " creator_minor, tax_form_id, at) SELECT creator_id, 'USD', payout_id, 'CORRECTED', 2026,"
        " -90, 91, (SELECT form_id FROM tax_form), now() FROM payout",
        "INSERT INTO withholding_entry (creator_id, currency, payout_id, kind, tax_year, tax_minor,"
        " creator_minor, at) SELECT creator_id, 'USD', payout_id, 'WITHHELD', 2026, 240, 0, now()"
        " FROM payout",
    ],
    ids=["update", "delete", "truncate", "terms", "too-much", "unequal", "twice"],
)
async def test_the_database_keeps_the_journal(taxed: Database, statement: str) -> None:
    await paid(taxed)
    await declare(taxed.pool, at=NOW + DAY)

    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await taxed.pool.execute(statement)


async def test_nothing_is_withheld_by_the_first_table(database: Database) -> None:
    """What `seed` publishes; that a form is missing is on record nevertheless."""
    await earn(database.pool, 20_000)
    await review(database.pool)
    method = await add_method(database.pool)

    payout = await moved(
        database, (await request(database.pool, method, TEN_DOLLARS)).payout, "PAID"
    )

    assert (payout.withheld_minor, payout.withholding_rule) == (0, "NO_FORM")
    assert await database.pool.fetchval("SELECT count(*) FROM withholding_entry") == 0
