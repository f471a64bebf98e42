"""Payouts and methods go where they may and nowhere else, and every move is on record."""

import asyncio
from itertools import product
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from chassis.db import transact
from chassis.ids import uuid7
from chassis.testing.databases import Database
from payouts.commands.decide_held_payout import HeldDecision
from payouts.commands.move_payout import move_payout
from payouts.commands.move_payout_method import disable_payout_method, verify_payout_method
from payouts.domain.method import MethodStatus
from payouts.domain.payout import MOVES, RELEASED, Move, Payout, PayoutStatus
from payouts.domain.refusals import (
    CreatorNotClearedError,
    MethodUnavailableError,
    PayoutNotCancelableError,
    PayoutNotHeldError,
    PayoutUnknownError,
)
from payouts.domain.review import Decision
from payouts.store.payouts import find_payout, select_history
from payouts.testing.deciding import ask_for_decision
from payouts.testing.paying import (
    CREATOR,
    NOW,
    add_method,
    assert_payouts_balance,
    cancel,
    request,
    review,
    settled_creator,
)

TEN_DOLLARS = 2_000_000_000
PATHS = {
    "REQUESTED": (),
    "QUEUED": ("QUEUED",),
    "HELD": ("HELD",),
    "CANCELED": ("QUEUED", "CANCELED"),
    "SUBMITTED": ("QUEUED", "SUBMITTED"),
    "PAID": ("QUEUED", "SUBMITTED", "PAID"),
    "FAILED": ("QUEUED", "SUBMITTED", "FAILED"),
    "RETURNED": ("QUEUED", "SUBMITTED", "PAID", "RETURNED"),
}
"""How a payout gets to each status."""


async def moved(database: Database, payout: Payout, *path: str) -> Payout:
    for status in path:
        payout = await moved_once(database, payout, Move(PayoutStatus(status), NOW, "test", "why"))
    return payout


async def moved_once(database: Database, payout: Payout, move: Move) -> Payout:
    after = await transact(database.pool, lambda conn: move_payout(conn, payout, move))
    assert after is not None
    return after


async def status_of(database: Database, payout: Payout) -> PayoutStatus:
    async with database.pool.acquire() as conn:
        found = await find_payout(conn, payout.payout_id)
    assert found is not None
    return found.status


async def taken(database: Database) -> int:
    return await database.pool.fetchval("SELECT sum(taken_micro_diamonds) FROM earning_bucket")


async def test_database_has_the_same_table_of_moves(database: Database) -> None:
    rows = await database.pool.fetch("SELECT from_status, to_status FROM payout_move")
    assert {tuple(row) for row in rows} == {(one, to) for one in MOVES for to in MOVES[one]}


@pytest.mark.parametrize("start", PATHS)
async def test_no_other_move_happens(database: Database, start: str) -> None:
    """Whoever writes: the database itself refuses, and nothing is other than before."""
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    await set_back(database, payout.payout_id)
    payout = await moved(database, await found(database, payout), *PATHS[start])

    for to in set(PayoutStatus) - MOVES[payout.status]:
        with pytest.raises(asyncpg.RestrictViolationError, match="cannot go from"):
            await database.pool.execute(
                "UPDATE payout SET status = $1, reason = 'x' WHERE payout_id = $2",
                to,
                payout.payout_id,
            )

    assert await status_of(database, payout) == start
    await assert_payouts_balance(database.pool)


async def set_back(database: Database, payout_id: UUID) -> None:
    """To REQUESTED, as it is for a moment only; with triggers off."""
    async with database.pool.acquire() as conn, conn.transaction():
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute("UPDATE payout SET status = 'REQUESTED' WHERE payout_id = $1", payout_id)
        await conn.execute("DELETE FROM payout_history WHERE step > 1")


async def found(database: Database, payout: Payout) -> Payout:
    async with database.pool.acquire() as conn:
        now = await find_payout(conn, payout.payout_id)
    assert now is not None
    return now


@pytest.mark.parametrize("end", PATHS)
async def test_who_did_what_when_and_why(database: Database, end: str) -> None:
    """Each step is a row, and the diamonds come back exactly where the payout ends unpaid."""
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    await set_back(database, payout.payout_id)
    payout = await moved(database, await found(database, payout), *PATHS[end])

    async with database.pool.acquire() as conn:
        history = (await select_history(conn, [payout.payout_id]))[payout.payout_id]

    assert [step.status for step in history] == ["REQUESTED", *PATHS[end]]
    assert [(step.actor, step.reason) for step in history[1:]] == [("test", "why")] * len(
        PATHS[end]
    )
    assert await taken(database) == (0 if payout.status in RELEASED else TEN_DOLLARS)
    await assert_payouts_balance(database.pool)


async def test_earnings_come_back_once(database: Database) -> None:
    """A payout that somebody else has moved is left alone."""
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    move = Move(PayoutStatus.CANCELED, NOW, CREATOR, "why")

    moves = await asyncio.gather(
        *(transact(database.pool, lambda conn: move_payout(conn, payout, move)) for _ in range(5))
    )

    assert sum(each is not None for each in moves) == 1
    assert await taken(database) == 0


async def test_cancel_and_send_exclude_each_other(database: Database) -> None:
    """E56: of each pair exactly one wins, and the diamonds are back only where it was canceled."""
    method = await settled_creator(database.pool, 400_000)
    payouts = [(await request(database.pool, method, TEN_DOLLARS)).payout for _ in range(20)]
    send = Move(PayoutStatus.SUBMITTED, NOW, "payout_run")

    outcomes = await asyncio.gather(
        *(
            each
            for payout in payouts
            for each in (
                cancel(database.pool, payout),
                transact(database.pool, lambda conn, p=payout: move_payout(conn, p, send)),
            )
        ),
        return_exceptions=True,
    )

    canceled = sent = 0
    for did_cancel, did_send in zip(outcomes[::2], outcomes[1::2], strict=True):
        assert isinstance(did_cancel, PayoutNotCancelableError) == isinstance(did_send, Payout)
        canceled += isinstance(did_cancel, Payout)
        sent += isinstance(did_send, Payout)
    assert canceled + sent == 20
    assert await taken(database) == sent * TEN_DOLLARS
    await assert_payouts_balance(database.pool)


async def test_canceling(database: Database) -> None:
    """One's own, before it is sent; again changes nothing."""
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout

    canceled = await cancel(database.pool, payout)
    again = await cancel(database.pool, payout)

    assert canceled.status is again.status is PayoutStatus.CANCELED
    assert canceled.reason == "canceled_by_creator"


@pytest.mark.parametrize("status", ["SUBMITTED", "PAID", "FAILED", "RETURNED"])
async def test_too_late_to_cancel(database: Database, status: str) -> None:
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    await moved(database, payout, *PATHS[status][1:])

    with pytest.raises(PayoutNotCancelableError) as refused:
        await cancel(database.pool, payout)

    assert refused.value.status == status


async def test_somebody_elses_payout_is_unknown(database: Database) -> None:
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout

    for other in (
        replace(payout, creator_id="other"),
        replace(payout, payout_id=uuid7()),
    ):
        with pytest.raises(PayoutUnknownError):
            await cancel(database.pool, other)

    assert await status_of(database, payout) is PayoutStatus.QUEUED


async def test_a_hit_between_request_and_transfer_holds(database: Database) -> None:
    """E35: what waits is held and stays reserved; its creator cannot cancel it."""
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout

    reviewed = await review(database.pool, Decision.SANCTION_HIT)

    assert reviewed.held == 1
    details = await database.pool.fetchval(
        "SELECT details FROM operator_action WHERE subject = $1 ORDER BY action_id DESC", CREATOR
    )
    assert details == '{"decision":"SANCTION_HIT","held_payouts":1}'
    assert await status_of(database, payout) is PayoutStatus.HELD
    with pytest.raises(PayoutNotCancelableError):
        await cancel(database.pool, payout)
    assert await taken(database) == TEN_DOLLARS


@pytest.mark.parametrize(
    ("decision", "status", "left"),
    [(HeldDecision.RELEASE, "QUEUED", TEN_DOLLARS), (HeldDecision.RETURN, "CANCELED", 0)],
)
async def test_an_operator_decides(
    database: Database, decision: HeldDecision, status: str, left: int
) -> None:
    """E35: with a reason, by name, once."""
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    await review(database.pool, Decision.SANCTION_HIT)
    await review(database.pool, Decision.SANCTION_CLEARED)

    decided = await ask_for_decision(database.pool, payout, decision)

    assert decided is not None, "one is enough for so little"
    assert (decided.status, decided.moved_by, decided.reason) == (status, "otto", "papers seen")
    assert await taken(database) == left
    with pytest.raises(PayoutNotHeldError):
        await ask_for_decision(database.pool, payout, decision)
    await assert_payouts_balance(database.pool)
    logged = await database.pool.fetch(
        "SELECT operator_id, action, subject, reason, details FROM operator_action"
        " WHERE action = 'decideHeldPayout'"
    )
    assert [tuple(row) for row in logged] == [
        (
            "otto",
            "decideHeldPayout",
            str(payout.payout_id),
            "papers seen",
            f'{{"decision":"{decision}","held_at_step":3,"gross_minor":1000,"currency":"USD"}}',
        )
    ]


async def test_nothing_is_released_while_the_hit_stands(database: Database) -> None:
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    await review(database.pool, Decision.SANCTION_HIT)

    with pytest.raises(CreatorNotClearedError):
        await ask_for_decision(database.pool, payout)

    assert await status_of(database, payout) is PayoutStatus.HELD


async def test_a_review_and_a_request_at_once(database: Database) -> None:
    """Whichever comes first: no payout of a creator on the list is left to be sent."""
    method = await settled_creator(database.pool, 400_000)

    await asyncio.gather(
        *(request(database.pool, method, TEN_DOLLARS) for _ in range(6)),
        review(database.pool, Decision.SANCTION_HIT),
    )

    statuses = await database.pool.fetch("SELECT DISTINCT status FROM payout")
    assert [row["status"] for row in statuses] == ["HELD"]


async def test_disabling_a_method_cancels_what_waits_for_it(database: Database) -> None:
    """E39: never to the old account; what is held stays held, and is not released to it."""
    method = await settled_creator(database.pool)
    waiting = (await request(database.pool, method, TEN_DOLLARS)).payout
    sent = (await request(database.pool, method, TEN_DOLLARS)).payout
    held = (await request(database.pool, method, TEN_DOLLARS)).payout
    await moved(database, sent, "SUBMITTED")
    await moved(database, held, "HELD")

    disabled = await transact(
        database.pool,
        lambda conn: disable_payout_method(conn, method, at=NOW, actor=CREATOR, reason="sold"),
    )

    assert disabled.status is MethodStatus.DISABLED
    assert [await status_of(database, each) for each in (waiting, sent, held)] == [
        "CANCELED",
        "SUBMITTED",
        "HELD",
    ]
    with pytest.raises(MethodUnavailableError):
        await ask_for_decision(database.pool, held)
    await assert_payouts_balance(database.pool)


async def test_a_method_is_never_enabled_again(database: Database) -> None:
    """Another account is another method, and waits its days."""
    method = await add_method(database.pool)
    await transact(
        database.pool,
        lambda conn: disable_payout_method(conn, method, at=NOW, actor=CREATOR, reason="sold"),
    )

    for status, to in product(["DISABLED"], ["PENDING", "VERIFIED", "DISABLED"]):
        with pytest.raises(asyncpg.RestrictViolationError, match=f"{status} to {to}"):
            await database.pool.execute("UPDATE payout_method SET status = $1", to)
    stale = await transact(
        database.pool,
        lambda conn: verify_payout_method(
            conn, replace(method, status=MethodStatus.PENDING), at=NOW, actor="test"
        ),
    )
    assert stale.status is MethodStatus.PENDING
    history = await database.pool.fetch("SELECT status FROM payout_method_history ORDER BY step")
    assert [row["status"] for row in history] == ["PENDING", "VERIFIED", "DISABLED"]
