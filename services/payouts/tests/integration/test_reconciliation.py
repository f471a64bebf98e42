"""What a rail's books say otherwise is put on record once, and mended once, by two people."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import override

import asyncpg
import pytest

from chassis.db import Conn, transact
from chassis.ids import uuid7
from chassis.operators import Act
from chassis.testing.databases import blocked
from chassis.testing.eventually import eventually
from payouts.commands.reconcile_rail import RepairOrder, approve_repair, propose_repair
from payouts.domain.method import BankDetails
from payouts.domain.payout import PayoutStatus
from payouts.domain.reconciliation import Break, BreakKind, BreakStatus, Repair, Theirs
from payouts.domain.refusals import (
    BreakNotRepairableError,
    BreakUnknownError,
    SecondOperatorNeededError,
)
from payouts.domain.transfer import Change, transfer_key
from payouts.rails import AccountCheck, Rail
from payouts.store.breaks import select_breaks
from sandbox_bank.transfers import Behaviour
from support.bank_scene import NET_MINOR, TEN_DOLLARS, Scene


@dataclass
class Forgetful(Rail):
    """A bank whose list of changes or whose report is not what it should be."""

    rail: Rail
    silent: bool = False
    """Whether it tells of no changes."""
    lines: list[Theirs] = field(default_factory=list[Theirs])
    """What else is in its books."""
    lost: set[str] = field(default_factory=set[str])
    """What is not."""

    def __post_init__(self) -> None:
        self.name = self.rail.name

    @override
    async def check_account(self, details: BankDetails) -> AccountCheck:
        return await self.rail.check_account(details)

    @override
    async def has(self, key: str) -> bool:
        return key not in self.lost and await self.rail.has(key)

    @override
    async def pay(self, key: str, amount_minor: int, details: BankDetails) -> None:
        await self.rail.pay(key, amount_minor, details)

    @override
    async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
        return [] if self.silent else await self.rail.changes(after, limit=limit)

    @override
    async def report(self) -> Sequence[Theirs]:
        kept = [each for each in await self.rail.report() if each.key not in self.lost]
        return [*kept, *self.lines]

    @override
    async def close(self) -> None:
        await self.rail.close()


async def breaks(scene: Scene) -> list[Break]:
    async with scene.database.pool.acquire() as conn:
        return list(await select_breaks(conn, position=None, backward=True, limit=100))


async def propose(scene: Scene, found: Break, operator: str = "otto") -> Break:
    order = RepairOrder(found.break_id, Act(operator, "seen in their books", scene.clock.now))
    return await transact(
        scene.database.pool,
        lambda conn: propose_repair(conn, order),
    )


async def approve(scene: Scene, found: Break, operator: str = "olga") -> Break:
    order = RepairOrder(found.break_id, Act(operator, "seen in their books", scene.clock.now))
    return await transact(scene.database.pool, lambda conn: approve_repair(conn, order))


async def test_books_that_agree(scene: Scene) -> None:
    """Paid, failed and returned ones among them: nothing to report."""
    await scene.payout()
    await scene.run()
    scene.bank.set_behaviour("*", Behaviour("fail", "account_closed"))
    await scene.payout()
    await scene.run()
    scene.bank.set_behaviour("*", Behaviour("return", "account_closed"))
    await scene.payout()
    await scene.run()

    await scene.reconcile()

    assert await breaks(scene) == []


async def test_each_fault_is_named_once(scene: Scene) -> None:
    """I14: injected, found, typed; found again, it is the one that is known."""
    paid = [await scene.payout() for _ in range(3)]
    await scene.run()
    keys = [transfer_key(payout.payout_id) for payout in paid]
    faulty = Forgetful(
        scene.rail,
        lines=[
            Theirs(keys[0], "paid", NET_MINOR, "USD"),
            Theirs(keys[1], "paid", NET_MINOR + 1, "USD"),
            Theirs("payout-nobodys", "paid", 1, "USD"),
        ],
        lost={keys[1], keys[2]},
    )
    scene.clock.forward(seconds=1)

    await scene.reconcile(faulty)
    await scene.reconcile(faulty)
    found = {(each.kind, each.transfer_key) for each in await breaks(scene)}

    assert found == {
        (BreakKind.DUPLICATE, keys[0]),
        (BreakKind.AMOUNT, keys[1]),
        (BreakKind.MISSING, keys[2]),
        (BreakKind.UNKNOWN, "payout-nobodys"),
    }
    assert len(await breaks(scene)) == 4
    assert {each.repair for each in await breaks(scene)} == {None}
    await scene.reconcile()
    assert {each.status for each in await breaks(scene)} == {BreakStatus.GONE}


async def test_a_return_that_we_were_never_told_of(scene: Scene) -> None:
    """Mended by two operators: the balance is whole, the method disabled, no residue."""
    payout = await scene.payout()
    await scene.run()
    scene.bank.give_back(transfer_key(payout.payout_id), "account_closed")
    await scene.reconcile(Forgetful(scene.rail, silent=True))
    [found] = await breaks(scene)

    await propose(scene, found)
    repaired = await approve(scene, found)
    await scene.run()
    await scene.reconcile()

    assert (found.kind, found.repair) == (BreakKind.STATUS, Repair.TAKE_STATUS)
    assert repaired.status is BreakStatus.REPAIRED
    assert (await scene.history(payout))[-1] == ("RETURNED", "reconciled")
    assert await scene.taken() == 0
    assert [each.status for each in await breaks(scene)] == [BreakStatus.REPAIRED]
    logged = await scene.database.pool.fetch(
        "SELECT operator_id, action FROM operator_action WHERE subject = $1 ORDER BY action_id",
        str(found.break_id),
    )
    assert [tuple(row) for row in logged] == [
        ("otto", "proposePayoutRepair"),
        ("olga", "approvePayoutRepair"),
    ]


async def test_an_order_that_the_bank_has_lost(scene: Scene) -> None:
    """Ordered again, after asking once more: where it turns up meanwhile nothing is ordered."""
    scene.bank.set_behaviour("*", Behaviour(delay_s=3_600))
    payout = await scene.payout()
    await scene.run()
    scene.clock.forward(seconds=1)
    key = transfer_key(payout.payout_id)
    await scene.reconcile(Forgetful(scene.rail, silent=True, lost={key}))
    [found] = await breaks(scene)

    await propose(scene, found)
    await approve(scene, found)
    await scene.run()
    scene.clock.forward(hours=2)
    await scene.run()

    assert (found.kind, found.repair) == (BreakKind.MISSING, Repair.ORDER_AGAIN)
    assert scene.transfers() == [(key, NET_MINOR, "paid")]
    assert await scene.status(payout) is PayoutStatus.PAID


async def one_break(scene: Scene) -> Break:
    """A break that can be repaired."""
    payout = await scene.payout()
    await scene.run()
    scene.bank.give_back(transfer_key(payout.payout_id), "account_closed")
    await scene.reconcile(Forgetful(scene.rail, silent=True))
    [found] = await breaks(scene)
    return found


async def test_nobody_approves_their_own_proposal(scene: Scene) -> None:
    """Nor does the database let them."""
    found = await one_break(scene)
    with pytest.raises(BreakNotRepairableError):
        await approve(scene, found)
    await change_is_refused(scene, "UPDATE payout_break SET status = 'PROPOSED'")
    await propose(scene, found)
    assert (await propose(scene, found)).status is BreakStatus.PROPOSED

    with pytest.raises(SecondOperatorNeededError):
        await approve(scene, found, "otto")
    await change_is_refused(scene, "UPDATE payout_break SET status = 'REPAIRED', ended_at = now()")
    [proposed] = await breaks(scene)
    assert (proposed.proposed_by, proposed.proposal_reason) == ("otto", "seen in their books")

    assert await scene.taken() == TEN_DOLLARS


async def change_is_refused(scene: Scene, change: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="by one operator alone"):
        await scene.database.pool.execute(change)


async def test_a_proposal_from_before_the_upgrade_is_approved_after_it(scene: Scene) -> None:
    """The migration writes it in the words in which it is asked for now."""
    found = await one_break(scene)
    pool = scene.database.pool
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute("UPDATE payout_break SET status = 'PROPOSED'")
        # As it was: the break's own columns said who had proposed and approved.
        await conn.execute("""
            ALTER TABLE payout_break
            ADD COLUMN proposed_by text, ADD COLUMN proposed_at timestamptz,
            ADD COLUMN proposal_reason text, ADD COLUMN approved_by text
        """)
        await conn.execute(
            "UPDATE payout_break SET proposed_by = 'otto', proposal_reason = 'long ago',"
            " proposed_at = $1",
            scene.clock.now,
        )
        text = files("payouts.migrations").joinpath("0351_repairs_as_proposals.sql").read_text()
        await conn.execute(text[: text.index("-- With them go")])

    with pytest.raises(SecondOperatorNeededError):
        await approve(scene, found, "otto")
    repaired = await approve(scene, found)

    assert (repaired.status, repaired.proposed_by) == (BreakStatus.REPAIRED, "otto")
    assert await scene.taken() == 0


async def test_two_who_propose_at_once(scene: Scene) -> None:
    """Whoever waits for the first sees what was proposed: it is not approved by proposing it."""
    found = await one_break(scene)
    pool = scene.database.pool
    order = RepairOrder(found.break_id, Act("otto", "seen in their books", scene.clock.now))

    async with pool.acquire() as conn, conn.transaction():
        first = await propose_repair(conn, order)
        others = [asyncio.create_task(propose(scene, found, who)) for who in ("otto", "olga")]
        await eventually(lambda: blocked(pool), within_s=60, until=lambda count: count == 2)
    same, other = await asyncio.gather(*others, return_exceptions=True)

    assert same == first
    assert isinstance(other, BreakNotRepairableError), other
    assert await pool.fetchval("SELECT approved_by FROM operator_proposal") is None


async def test_a_repair_is_done_once(scene: Scene) -> None:
    """Of two operators who approve at once one is told that it is done."""
    found = await one_break(scene)
    await propose(scene, found)

    came = await asyncio.gather(
        approve(scene, found, "olga"), approve(scene, found, "oscar"), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in came) == ["Break", "BreakNotRepairableError"]
    assert await scene.taken() == 0


async def test_a_repair_that_is_no_longer_right(scene: Scene) -> None:
    """The bank has told of it meanwhile: nothing is done a second time."""
    found = await one_break(scene)
    await propose(scene, found)
    await scene.run()

    with pytest.raises(BreakNotRepairableError):
        await approve(scene, found)

    assert await scene.taken() == 0


async def test_what_only_people_can_mend(scene: Scene) -> None:
    await scene.reconcile(Forgetful(scene.rail, lines=[Theirs("payout-nobodys", "paid", 1, "USD")]))
    [found] = await breaks(scene)

    with pytest.raises(BreakNotRepairableError):
        await propose(scene, found)
    with pytest.raises(BreakUnknownError):
        await propose(scene, found._replace(break_id=uuid7()))


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM payout_break",
        "UPDATE payout_break SET kind = 'AMOUNT'",
        "UPDATE payout_break SET status = 'OPEN'",
    ],
)
async def test_what_was_found_stays_found(scene: Scene, change: str) -> None:
    await one_break(scene)

    async def work(conn: Conn) -> None:
        await conn.execute(change)

    with pytest.raises(asyncpg.RestrictViolationError):
        await transact(scene.database.pool, work)
