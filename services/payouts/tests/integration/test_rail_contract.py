"""What the payout run relies on, of every rail alike."""

from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import stripe

from chassis.testing.databases import Database
from payouts.domain.method import BankDetails
from payouts.rails import OrderRefusedError, Rail, RailFundsMissingError, RailUnavailableError
from payouts.rails.sandbox_bank import SandboxBank
from payouts.rails.stripe_connect import StripeConnect
from payouts.testing.paying import some_details
from sandbox_bank.app import make_app
from sandbox_bank.store import Store
from sandbox_bank.transfers import Behaviour
from support.bank_scene import Clock
from support.stripe_stand_in import StripeStandIn

# The library hands its form to httpx under a name that httpx would rather not see.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

KEY, OTHER = "payout-1", "payout-2"


class Side(NamedTuple):
    """A rail, and what can be done on its side."""

    rail: Rail
    clock: Clock
    known: BankDetails
    unknown: BankDetails
    limit_funds: Callable[[int], None]
    prepare: Callable[[str], None]
    """Before an order: what is to become of it."""
    settle: Callable[[str, str], None]
    """After an order, by its key: let that happen."""
    taken: Callable[[], list[int]]
    """The amounts that it has taken."""


async def _bank(folder: Path) -> AsyncGenerator[Side]:
    clock = Clock()
    with closing(Store(folder / "bank.sqlite", clock=clock)) as store:
        rail = SandboxBank(
            url="http://bank",
            api_key="key",
            transport=httpx.ASGITransport(make_app(store, api_key="key")),
        )
        unknown = some_details(account="99887766554433")
        store.set_behaviour(unknown.account, Behaviour(is_known=False, reason="no_such_account"))

        def prepare(outcome: str) -> None:
            store.set_behaviour(
                some_details().account,
                Behaviour("fail", "account_closed") if outcome == "failed" else Behaviour(),
            )

        def settle(key: str, outcome: str) -> None:
            if outcome == "returned":
                store.give_back(key, "account_closed")

        yield Side(
            rail,
            clock,
            some_details(),
            unknown,
            lambda amount: store.set_funds("USD", amount),
            prepare,
            settle,
            lambda: [each.terms.amount_minor for each in store.report()],
        )
        await rail.close()


async def _stripe(database: Database) -> AsyncGenerator[Side]:
    clock = Clock()
    stand_in = StripeStandIn()
    stand_in.accounts["acct_1"] = {"id": "acct_1", "default_currency": "usd"}
    stand_in.verify("acct_1")
    rail = StripeConnect(stand_in.api(), database.pool, now=clock)

    def settle(key: str, outcome: str) -> None:
        if outcome == "paid":
            stand_in.settle(key)
        else:
            stand_in.fail(key, "account_closed")

    def account(account_id: str) -> BankDetails:
        return BankDetails(holder="", country="US", currency="USD", account=account_id)

    yield Side(
        rail,
        clock,
        account("acct_1"),
        account("acct_2"),
        lambda amount: stand_in.funds.update({"usd": amount - stand_in.funds["usd"]}),
        lambda _outcome: None,
        settle,
        lambda: [each["amount"] for each in stand_in.transfers.values()],
    )
    await rail.close()


@pytest.fixture(params=["sandbox_bank", "stripe_connect"])
async def side(
    request: pytest.FixtureRequest,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Side]:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.0)
    made = _bank(tmp_path) if request.param == "sandbox_bank" else _stripe(database)
    async for each in made:
        assert each.rail.name == request.param
        yield each


async def statuses(side: Side, after: int = 0) -> list[tuple[str, str, int, str]]:
    """What is told, without what merely is on its way."""
    changes = await side.rail.changes(after, limit=50)
    assert [each.seq for each in changes] == sorted({each.seq for each in changes})
    return [
        (each.key, each.status, each.amount_minor, each.currency)
        for each in changes
        if each.status != "pending"
    ]


async def test_taken_once_per_key(side: Side) -> None:
    before = await side.rail.has(KEY)

    for _ in range(3):
        await side.rail.pay(KEY, 965, side.known)

    assert (before, await side.rail.has(KEY), await side.rail.has(OTHER)) == (False, True, False)
    assert side.taken() == [965]


async def test_the_key_of_another_order_is_refused(side: Side) -> None:
    await side.rail.pay(KEY, 965, side.known)

    with pytest.raises(OrderRefusedError):
        await side.rail.pay(KEY, 966, side.known)

    assert side.taken() == [965]


async def test_without_funds_nothing_is_taken_and_later_it_is(side: Side) -> None:
    side.limit_funds(964)
    with pytest.raises(RailFundsMissingError):
        await side.rail.pay(KEY, 965, side.known)
    was_taken = await side.rail.has(KEY), side.taken()

    side.limit_funds(965)
    await side.rail.pay(KEY, 965, side.known)

    assert was_taken == (False, [])
    assert side.taken() == [965]


@pytest.mark.parametrize("outcome", ["paid", "failed"])
async def test_what_becomes_of_it_is_told_in_order(side: Side, outcome: str) -> None:
    """Once per reader's position, and the report says the same."""
    side.prepare(outcome)
    await side.rail.pay(KEY, 965, side.known)
    await side.rail.changes(0, limit=50)
    side.settle(KEY, outcome)
    side.clock.forward(days=1)

    told = await statuses(side)
    last = max(each.seq for each in await side.rail.changes(0, limit=50))

    assert told == [(KEY, outcome, 965, "USD")]
    assert await side.rail.changes(last, limit=50) == []
    assert [tuple(each) for each in await side.rail.report()] == told


async def test_paid_may_come_back(side: Side) -> None:
    side.prepare("paid")
    await side.rail.pay(KEY, 965, side.known)
    await side.rail.changes(0, limit=50)
    side.settle(KEY, "paid")
    side.clock.forward(days=1)
    await side.rail.changes(0, limit=50)
    side.settle(KEY, "returned")
    side.clock.forward(days=1)

    told = await statuses(side)

    assert told == [(KEY, "paid", 965, "USD"), (KEY, "returned", 965, "USD")]
    assert [tuple(each) for each in await side.rail.report()] == told[-1:]


async def test_pages_of_changes_join(side: Side) -> None:
    """Read one at a time they are the same."""
    for key in (KEY, OTHER):
        await side.rail.pay(key, 965, side.known)
    side.clock.forward(days=1)
    everything = await side.rail.changes(0, limit=50)

    read: list[object] = []
    after = 0
    while page := await side.rail.changes(after, limit=1):
        read += page
        after = page[-1].seq

    assert read == list(everything)


async def test_accounts_are_known_or_not(side: Side) -> None:
    assert (await side.rail.check_account(side.known)).is_known
    unknown = await side.rail.check_account(side.unknown)
    assert not unknown.is_known
    assert unknown.reason


@pytest.mark.parametrize("call", ["has", "pay", "report", "check_account"])
async def test_a_rail_that_is_away_says_so(
    database: Database, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never with an answer, which would be taken for one."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.0)
    stand_in = StripeStandIn()
    for method in ("GET", "POST"):
        stand_in.break_off(method, "", "unheard", times=100)
    details = some_details()
    rails: list[Rail] = [
        SandboxBank(url="http://127.0.0.1:1", api_key="key"),
        StripeConnect(stand_in.api(), database.pool),
    ]

    for rail in rails:
        asked = {
            "has": lambda rail=rail: rail.has(KEY),
            "pay": lambda rail=rail: rail.pay(KEY, 965, details),
            "report": lambda rail=rail: rail.report(),
            "check_account": lambda rail=rail: rail.check_account(details),
        }
        with pytest.raises(RailUnavailableError):
            await asked[call]()
        await rail.close()
