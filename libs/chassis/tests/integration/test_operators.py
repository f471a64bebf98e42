"""What operators did is logged with its effect, and stays as it was written."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from chassis import operators
from chassis.db import Conn, transact, transaction
from chassis.operators import Act, ProposalConflictError, ReasonError
from chassis.testing.databases import Database

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)


async def log(service: Database, *subjects: str) -> None:
    async with transaction(service.pool) as conn:
        for subject in subjects:
            await operators.record(
                conn, Act("otto", "a good reason", AT), "doThing", subject, {"n": 1}
            )


async def test_what_was_undone_is_not_in_the_log(service: Database) -> None:
    async def fail(conn: Conn) -> None:
        await operators.record(conn, Act("otto", "why", AT), "doThing", "a", {})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await transact(service.pool, fail)
    await log(service, "b")

    async with service.pool.acquire() as conn:
        (action,) = await operators.select_actions(conn, beyond=None, limit=9, backward=False)

    assert action[1:] == ("otto", "doThing", "b", "a good reason", '{"n":1}', AT)


async def test_pages_read_the_log_both_ways(service: Database) -> None:
    await log(service, "a", "b", "c", "d")

    async with service.pool.acquire() as conn:

        async def subjects(beyond: int | None, *, backward: bool) -> list[str]:
            rows = await operators.select_actions(conn, beyond=beyond, limit=2, backward=backward)
            return [row.subject for row in rows]

        newest = await operators.select_actions(conn, beyond=None, limit=2, backward=False)
        found = [
            [row.subject for row in newest],
            await subjects(newest[-1].action_id, backward=False),
            await subjects(None, backward=True),
            await subjects(newest[-1].action_id, backward=True),
        ]

    assert found == [["d", "c"], ["b", "a"], ["a", "b"], ["d"]]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE operator_action SET reason = 'better'",
        "DELETE FROM operator_action",
        "TRUNCATE operator_action",
    ],
)
async def test_log_is_append_only(service: Database, change: str) -> None:
    await log(service, "a")

    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await service.pool.execute(change)


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 501, "a\0b", "\u202ereason"], ids=ascii)
def test_reason_that_is_none(reason: str) -> None:
    with pytest.raises(ReasonError):
        Act.of("otto", reason, AT)


def test_reason_is_kept_without_what_surrounds_it() -> None:
    assert Act.of("otto", "  two\nlines ", AT).reason == "two\nlines"


TERMS = {"coins": 5_000, "purchase": "p"}


async def ask_for(
    service: Database, operator_id: str, *, occasion: str | None = None, **changes: object
) -> bool:
    async with transaction(service.pool) as conn:
        return await operators.is_approved(
            conn,
            Act(operator_id, "a good reason", AT),
            "doThing",
            "a",
            TERMS | changes,
            occasion=occasion,
        )


async def test_it_takes_two(service: Database) -> None:
    """However often the first asks; and once approved it stays so, whoever asks."""
    answers = [await ask_for(service, who) for who in ("otto", "otto", "olga", "otto", "ada")]

    assert answers == [False, False, True, True, True]


async def test_each_occasion_takes_two(service: Database) -> None:
    """What was approved once is not approved for the next time."""
    first = [await ask_for(service, who, occasion="1") for who in ("otto", "olga")]
    second = [await ask_for(service, who, occasion="2") for who in ("olga", "olga", "otto")]

    assert first == [False, True]
    assert second == [False, False, True]


async def test_a_proposal_is_in_the_log_once(service: Database) -> None:
    """With what was proposed; what came of it is logged by whoever does it."""
    for who in ("otto", "otto", "olga", "otto"):
        await ask_for(service, who, occasion="1")

    async with service.pool.acquire() as conn:
        (action,) = await operators.select_actions(conn, beyond=None, limit=9, backward=False)

    assert action[1:5] == ("otto", "doThing", "a", "a good reason")
    assert action.details == '{"coins":5000,"purchase":"p","proposed":true}'


async def test_two_at_once_are_two(service: Database) -> None:
    answers = await asyncio.gather(*(ask_for(service, who) for who in ("otto", "olga")))

    assert sorted(answers) == [False, True]


async def test_the_same_operator_twice_at_once_is_one(service: Database) -> None:
    assert not any(await asyncio.gather(*(ask_for(service, "otto") for _ in range(5))))


async def test_other_terms_are_not_what_was_proposed(service: Database) -> None:
    """Nor can they be slipped in after it was approved."""
    await ask_for(service, "otto")
    with pytest.raises(ProposalConflictError):
        await ask_for(service, "olga", coins=50_000)
    await ask_for(service, "olga")
    with pytest.raises(ProposalConflictError):
        await ask_for(service, "olga", coins=50_000)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE operator_proposal SET terms = '{}'",
        "UPDATE operator_proposal SET approved_by = proposed_by, approved_at = now()",
        "UPDATE operator_proposal SET approved_by = 'olga'",
        "DELETE FROM operator_proposal",
        "TRUNCATE operator_proposal",
    ],
)
async def test_proposal_cannot_be_bent(service: Database, change: str) -> None:
    await ask_for(service, "otto")

    with pytest.raises(asyncpg.PostgresError, match=r"fixed|needs_two|approved_whole|append-only"):
        await service.pool.execute(change)


async def test_approval_cannot_be_taken_back(service: Database) -> None:
    await ask_for(service, "otto")
    await ask_for(service, "olga")

    with pytest.raises(asyncpg.PostgresError, match="fixed"):
        await service.pool.execute(
            "UPDATE operator_proposal SET approved_by = NULL, approved_at = NULL"
        )
