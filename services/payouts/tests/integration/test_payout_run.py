"""The payout run and the real sandbox bank, in one process: sent once, whatever breaks."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import override
from uuid import UUID

import pytest

from chassis.db import transact
from chassis.ids import uuid7
from payouts.commands.add_payout_method import AddPayoutMethod, add_payout_method
from payouts.domain.method import BankDetails
from payouts.domain.payout import Payout, PayoutStatus
from payouts.domain.reconciliation import Theirs
from payouts.domain.review import Decision
from payouts.domain.transfer import Change, transfer_key
from payouts.rails import AccountCheck, Rail, RailUnavailableError
from payouts.sealing import Sealer
from payouts.store.methods import find_method
from payouts.testing.paying import (
    add_method,
    cancel,
    review,
    some_details,
)
from payouts.testing.taxing import assert_withholding_balances, withhold
from sandbox_bank.transfers import Behaviour
from support.bank_scene import NET_MINOR, TEN_DOLLARS, Scene

ACCOUNT = some_details().account


async def test_sent_and_paid(scene: Scene) -> None:
    """One transfer, of what is left after fees, under the payout's key."""
    payout = await scene.payout()

    await scene.run()
    await scene.run()

    assert scene.transfers() == [(transfer_key(payout.payout_id), NET_MINOR, "paid")]
    assert await scene.history(payout) == [
        ("REQUESTED", None),
        ("QUEUED", None),
        ("SUBMITTED", None),
        ("PAID", None),
    ]
    assert await scene.taken() == TEN_DOLLARS


async def test_what_is_withheld_is_not_sent(scene: Scene) -> None:
    """E41: the order is of what is left; when it comes back nothing is owed to the tax office."""
    pool = scene.database.pool
    await withhold(pool)
    payout = await scene.payout()

    await scene.run()
    owed = await pool.fetchval("SELECT sum(tax_minor) FROM withholding_entry")
    scene.bank.give_back(transfer_key(payout.payout_id), "account_closed")
    await scene.run()

    assert [amount for _, amount, _ in scene.transfers()] == [NET_MINOR - 240]
    assert (owed, await scene.status(payout)) == (240, PayoutStatus.RETURNED)
    assert await pool.fetchval("SELECT sum(tax_minor) FROM withholding_entry") == 0
    assert await scene.taken() == 0
    await assert_withholding_balances(pool)


async def test_a_bank_that_takes_its_time(scene: Scene) -> None:
    scene.bank.set_behaviour("*", Behaviour(delay_s=3_600))
    payout = await scene.payout()

    await scene.run()
    submitted = await scene.status(payout)
    scene.clock.forward(hours=1)
    await scene.run()

    assert (submitted, await scene.status(payout)) == (PayoutStatus.SUBMITTED, PayoutStatus.PAID)
    assert len(scene.transfers()) == 1


async def test_a_bank_that_refuses(scene: Scene) -> None:
    """FAILED with the bank's reason, and the diamonds are back."""
    scene.bank.set_behaviour(ACCOUNT, Behaviour("fail", "account_closed"))
    payout = await scene.payout()

    await scene.run()

    assert (await scene.history(payout))[-1] == ("FAILED", "account_closed")
    assert await scene.taken() == 0


async def test_paid_and_returned(scene: Scene) -> None:
    """E15, E16: back once and whole, fees included; the method is out of use until it is mended,
    and what waits for it is canceled."""
    scene.bank.set_behaviour("*", Behaviour(delay_s=0))
    payout = await scene.payout()
    await scene.run()
    scene.bank.give_back(transfer_key(payout.payout_id), "unclaimed_30_days")
    waiting = await later_payout(scene)

    await scene.run()
    await scene.run()

    assert (await scene.history(payout))[-2:] == [
        ("PAID", None),
        ("RETURNED", "unclaimed_30_days"),
    ]
    assert (await scene.history(waiting))[-1] == ("CANCELED", "method_disabled")
    assert await scene.taken() == 0
    await assert_disabled(scene)


async def test_paid_and_returned_between_two_looks(scene: Scene) -> None:
    """E16: both are told at once, and both are on record."""
    scene.bank.set_behaviour("*", Behaviour("return", "account_closed"))
    payout = await scene.payout()

    await scene.run()

    assert (await scene.history(payout))[-2:] == [("PAID", None), ("RETURNED", "account_closed")]
    assert await scene.taken() == 0
    await assert_disabled(scene)


async def later_payout(scene: Scene) -> Payout:
    """One that is not due yet."""
    scene.clock.forward(hours=1)
    payout = await scene.payout()
    scene.clock.forward(hours=-1)
    return payout


async def assert_disabled(scene: Scene) -> None:
    async with scene.database.pool.acquire() as conn:
        method = await find_method(conn, scene.method.method_id)
    assert method is not None
    assert (method.status, method.reason) == ("DISABLED", "payout_returned")


class Breaking(Rail):
    """A bank that the connection breaks to, once, before or after it has heard."""

    name = "sandbox_bank"

    def __init__(self, rail: Rail, call: str, *, heard: bool, error: BaseException) -> None:
        self._rail = rail
        self._call = call
        self._heard = heard
        self._error = error

    async def _through[T](self, call: str, ask: Callable[[], Awaitable[T]]) -> T:
        if call != self._call:
            return await ask()
        self._call = ""
        if self._heard:
            await ask()
        raise self._error

    @override
    async def check_account(self, details: BankDetails) -> AccountCheck:
        return await self._through("check", lambda: self._rail.check_account(details))

    @override
    async def has(self, key: str) -> bool:
        return await self._through("has", lambda: self._rail.has(key))

    @override
    async def pay(self, key: str, amount_minor: int, details: BankDetails) -> None:
        await self._through("pay", lambda: self._rail.pay(key, amount_minor, details))

    @override
    async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
        return await self._through("changes", lambda: self._rail.changes(after, limit=limit))

    @override
    async def report(self) -> Sequence[Theirs]:
        return await self._rail.report()

    @override
    async def close(self) -> None:
        await self._rail.close()


class Killed(BaseException):
    """What kill -9 is to the code: nothing of it goes on."""


@pytest.mark.parametrize("error", [RailUnavailableError("timed out"), Killed()], ids=repr)
@pytest.mark.parametrize("heard", [False, True], ids=["not heard", "heard"])
@pytest.mark.parametrize("call", ["pay", "has", "changes"])
async def test_broken_off_anywhere_paid_once(
    scene: Scene, call: str, heard: bool, error: BaseException
) -> None:
    """E58, E60: after a time-out or a crash the next run asks first, and pays once."""
    payouts = [await scene.payout() for _ in range(3)]
    if call == "has":
        await broken_run(scene, Breaking(scene.rail, "pay", heard=True, error=error))
        scene.clock.forward(minutes=1)

    await broken_run(scene, Breaking(scene.rail, call, heard=heard, error=error))
    for _ in range(4):
        scene.clock.forward(minutes=1)
        await scene.run()

    assert sorted(scene.transfers()) == sorted(
        (transfer_key(payout.payout_id), NET_MINOR, "paid") for payout in payouts
    )
    assert {await scene.status(payout) for payout in payouts} == {PayoutStatus.PAID}


async def broken_run(scene: Scene, rail: Rail) -> None:
    with suppress(Killed):
        await scene.run(rail)


async def test_after_a_time_out_the_bank_is_asked_before_anything_is_ordered(scene: Scene) -> None:
    """E58: also a bank that forgets its keys would not be ordered from twice."""
    scene.bank.set_behaviour("*", Behaviour(delay_s=3_600))
    payout = await scene.payout()
    calls: list[str] = []

    class Listening(Breaking):
        @override
        async def _through[T](self, call: str, ask: Callable[[], Awaitable[T]]) -> T:
            calls.append(call)
            return await super()._through(call, ask)

        @override
        async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
            return []

    error = RailUnavailableError("timed out")
    await scene.run(Listening(scene.rail, "pay", heard=True, error=error))
    waited_for = await scene.waits_for(payout)
    for _ in range(3):
        scene.clock.forward(minutes=1)
        await scene.run(Listening(scene.rail, "", heard=True, error=error))

    assert calls == ["pay", "has"]
    assert waited_for == "rail_answer"
    assert await scene.waits_for(payout) is None


async def test_too_little_with_the_bank(scene: Scene) -> None:
    """E59: stays submitted, says why, and goes out once there is enough; nothing else is lost."""
    scene.bank.set_funds("USD", NET_MINOR - 1)
    payout = await scene.payout()

    await scene.run()
    waited_for = await scene.waits_for(payout)
    status = await scene.status(payout)
    scene.bank.set_funds("USD", NET_MINOR)
    scene.clock.forward(minutes=1)
    await scene.run()
    await scene.run()

    assert (status, waited_for) == (PayoutStatus.SUBMITTED, "rail_funds")
    assert await scene.status(payout) is PayoutStatus.PAID
    assert await scene.waits_for(payout) is None
    assert len(scene.transfers()) == 1


async def test_details_that_no_key_opens_stop_nobody_else(scene: Scene) -> None:
    """A key that was taken away too early costs what it sealed, and not the worker."""
    lost = Sealer([bytes([9]) * 32])
    order = AddPayoutMethod(uuid7(), "other", "sandbox_bank", some_details())
    await transact(
        scene.database.pool, lambda conn: add_payout_method(conn, order, lost, at=scene.clock.now)
    )
    payout = await scene.payout()

    await scene.run()

    assert await scene.status(payout) is PayoutStatus.PAID


async def test_nothing_is_sent_to_whom_screening_found_meanwhile(scene: Scene) -> None:
    """E35: looked at once more before it is sent."""
    payout = await scene.payout()
    await review(scene.database.pool, Decision.SANCTION_HIT, at=scene.clock.now)

    await scene.run()

    assert await scene.status(payout) is PayoutStatus.HELD
    assert scene.transfers() == []


async def test_what_is_canceled_is_not_sent(scene: Scene) -> None:
    payout = await scene.payout()
    await cancel(scene.database.pool, payout)

    await scene.run()

    assert scene.transfers() == []


@pytest.mark.parametrize(
    ("is_known", "status"), [(True, "VERIFIED"), (False, "DISABLED")], ids=["known", "unknown"]
)
async def test_the_bank_confirms_a_method(scene: Scene, is_known: bool, status: str) -> None:
    account = "99887766554433"
    behaviour = Behaviour(is_known=is_known, reason="no_such_account")
    scene.bank.set_behaviour(account, behaviour)
    added = await add_method(scene.database.pool, some_details(account=account), verified=False)

    await scene.run()

    async with scene.database.pool.acquire() as conn:
        method = await find_method(conn, added.method_id)
    assert method is not None
    assert (method.status, method.reason) == (status, None if is_known else "no_such_account")


@pytest.mark.parametrize(
    ("change", "effect"),
    [
        (Change(1, "payout-nonsense", "paid", NET_MINOR, "USD", None), "unknown"),
        (Change(1, transfer_key(UUID(int=1)), "paid", NET_MINOR, "USD", None), "unknown"),
        (Change(1, "", "paid", NET_MINOR + 1, "USD", None), "mismatched"),
        (Change(1, "", "paid", NET_MINOR, "JPY", None), "mismatched"),
    ],
)
async def test_what_contradicts_our_books_changes_nothing(
    scene: Scene, change: Change, effect: str
) -> None:
    """Put on record and left for a person: no payout moves by it."""
    scene.bank.set_behaviour("*", Behaviour(delay_s=3_600))
    payout = await scene.payout()
    await scene.run()

    class Telling(Breaking):
        @override
        async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
            key = change.key or transfer_key(payout.payout_id)
            return [change._replace(seq=after + 1, key=key)]

    await scene.run(Telling(scene.rail, "", heard=False, error=Killed()))

    assert await scene.status(payout) is PayoutStatus.SUBMITTED
    effects = await scene.database.pool.fetch("SELECT effect FROM rail_change ORDER BY seq")
    assert [row["effect"] for row in effects] == ["applied", effect]


async def test_told_again_changes_nothing(scene: Scene) -> None:
    """A cursor that was read before the other worker moved it."""
    payout = await scene.payout()
    await scene.run()
    before = await scene.history(payout)

    class Repeating(Breaking):
        @override
        async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
            return await self._rail.changes(0, limit=limit)

    await scene.run(Repeating(scene.rail, "", heard=False, error=Killed()))

    assert await scene.history(payout) == before
