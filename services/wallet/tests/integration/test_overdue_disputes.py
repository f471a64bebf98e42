"""Disputes that nobody decides are told of; only their provider ends them."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from chassis.db import Pool
from chassis.telemetry.metrics import REGISTRY
from wallet.domain.claims import Disputed, Refunded
from wallet.store.reversal_policies import published_policies
from wallet.testing.books import assert_books_balance
from wallet.testing.reversing import bought, claimed, tell
from wallet.webhooks.alarms import disputes_gauge

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
"""When the policy says how long a dispute may stay open."""
MICROSECOND = timedelta(microseconds=1)
IN_A_WEEK = AT + timedelta(days=7)


def overdue_days() -> int:
    days = published_policies()[-1].dispute_overdue_days
    assert days is not None
    return days


async def overdue(pool: Pool, at: datetime) -> float | None:
    await disputes_gauge(pool, now=lambda: at)()
    return REGISTRY.get_sample_value("largesse_disputes_overdue")


async def test_alarms_when_the_time_is_over_and_not_before(shop: Pool) -> None:
    """To the microsecond; it stays open and what it holds stays held until the provider speaks."""
    purchase = await bought(shop, at=AT)
    await tell(shop, claimed(purchase, Disputed("one", "opened", 889, 1_500)), at=AT)
    due = AT + timedelta(days=overdue_days())

    assert await overdue(shop, due - MICROSECOND) == 0
    assert await overdue(shop, due) == 1
    assert await shop.fetchval("SELECT status FROM purchase") == "DISPUTED"

    await tell(shop, claimed(purchase, Disputed("one", "lost", 889, 1_500)), at=due)
    assert await overdue(shop, due) == 0
    await assert_books_balance(shop)


async def test_its_time_begins_when_it_is_told_first(shop: Pool) -> None:
    """Tellings that come later put nothing off."""
    purchase = await bought(shop, at=AT)
    opened = Disputed("one", "opened", 889, 1_500)
    await tell(shop, claimed(purchase, opened), at=AT)
    await tell(shop, claimed(purchase, opened), at=AT + timedelta(days=20))

    assert await overdue(shop, AT + timedelta(days=overdue_days())) == 1


@pytest.mark.parametrize(
    "telling",
    [Refunded(889, 0), Disputed("one", "lost", 889, 0), Disputed("one", "won", 889, 0)],
    ids=["a refund", "lost at once", "won at once"],
)
async def test_what_is_decided_is_never_overdue(shop: Pool, telling: Disputed | Refunded) -> None:
    purchase = await bought(shop, at=AT)
    await tell(shop, claimed(purchase, telling), at=AT)

    assert await overdue(shop, AT + timedelta(days=1_000)) == 0


async def test_before_a_policy_set_a_time_nothing_is_overdue(shop: Pool) -> None:
    """A new version does not reach back."""
    at = datetime(2026, 10, 2, tzinfo=UTC)
    purchase = await bought(shop, at=at)
    await tell(shop, claimed(purchase, Disputed("one", "opened", 889, 0)), at=at)

    assert await overdue(shop, AT + timedelta(days=1_000)) == 0


@pytest.mark.parametrize(
    "told",
    [(None, IN_A_WEEK), (IN_A_WEEK, None), (AT, IN_A_WEEK), (IN_A_WEEK, AT)],
    ids=["told later", "not told again", "put off", "an older telling"],
)
async def test_until_when_the_provider_hears_us(
    shop: Pool, told: tuple[datetime | None, datetime | None]
) -> None:
    """The latest that was said, whatever the order."""
    purchase = await bought(shop, at=AT)
    for respond_by in told:
        telling = Disputed("one", "opened", 889, 0, respond_by=respond_by)
        await tell(shop, claimed(purchase, telling), at=AT)

    assert await shop.fetchval("SELECT respond_by FROM payment_claim") == IN_A_WEEK


@pytest.mark.parametrize("column", ["overdue_at", "respond_by"])
async def test_times_are_not_taken_back(shop: Pool, column: str) -> None:
    purchase = await bought(shop, at=AT)
    telling = Disputed("one", "opened", 889, 0, respond_by=IN_A_WEEK)
    await tell(shop, claimed(purchase, telling), at=AT)

    for change in (f"{column} - interval '1 second'", "NULL"):
        with pytest.raises(asyncpg.RestrictViolationError, match="only grows"):
            await shop.execute(f"UPDATE payment_claim SET {column} = {change}")  # noqa: S608
