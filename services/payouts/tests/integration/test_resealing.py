"""The key of bank details and tax numbers is replaced while the service works (decision 0057)."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import ids
from chassis.db import Conn, Pool, transact
from chassis.testing.databases import Database, blocked
from chassis.testing.eventually import eventually
from payouts.__main__ import PROGRAM
from payouts.commands.add_payout_method import AddPayoutMethod, add_payout_method
from payouts.commands.move_payout_method import verify_payout_method
from payouts.commands.submit_tax_form import SubmitTaxForm, submit_tax_form
from payouts.domain.payout import PayoutStatus
from payouts.domain.tax_form import FormKind, read_declaration
from payouts.edge.payout_run import PayoutRun
from payouts.edge.resealing import BATCH, UnreadableSealsError, reseal_all
from payouts.sealing import Sealer
from payouts.testing.paying import CREATOR, NOW, SEALER, some_details
from support.bank_scene import NET_MINOR, Scene

OLD_KEY, NEW_KEY, OTHER_KEY = bytes(32), bytes([1]) * 32, bytes([2]) * 32
OLD, BOTH_OLD_FIRST = Sealer([OLD_KEY]), Sealer([OLD_KEY, NEW_KEY])
BOTH, NEW = Sealer([NEW_KEY, OLD_KEY]), Sealer([NEW_KEY])
DECLARATION = read_declaration(
    kind=FormKind.W8BEN, country="IN", claims_treaty=True, tax_id="ABCDE1234F"
)


async def add(pool: Pool, sealer: Sealer, method_ids: Iterable[UUID]) -> None:
    async def work(conn: Conn) -> None:
        for method_id in method_ids:
            order = AddPayoutMethod(method_id, CREATOR, "sandbox_bank", some_details())
            await add_payout_method(conn, order, sealer, at=NOW)

    await transact(pool, work)


async def declare(pool: Pool, sealer: Sealer, form_id: UUID) -> None:
    order = SubmitTaxForm(form_id, CREATOR, DECLARATION)
    await transact(pool, lambda conn: submit_tax_form(conn, order, sealer, at=NOW))


async def keys_in_use(pool: Pool) -> dict[bytes, int]:
    """How many seals each key has made that are in the database."""
    rows = await pool.fetch(
        "SELECT substring(sealed FROM 1 FOR 8) AS key, count(*) AS n FROM ("
        " SELECT sealed_details AS sealed FROM payout_method"
        " UNION ALL SELECT sealed_tax_id FROM tax_form) AS seals GROUP BY 1"
    )
    return {row["key"]: row["n"] for row in rows}


async def assert_all_open(pool: Pool, sealer: Sealer) -> None:
    for row in await pool.fetch("SELECT method_id, sealed_details FROM payout_method"):
        assert sealer.open(row["method_id"], row["sealed_details"]) == some_details()
    for row in await pool.fetch("SELECT form_id, sealed_tax_id FROM tax_form"):
        assert sealer.open_tax_id(row["form_id"], row["sealed_tax_id"]) == "ABCDE1234F"


async def history(pool: Pool) -> list[Any]:
    return await pool.fetch("SELECT * FROM payout_method_history ORDER BY method_id, step")


async def test_the_key_is_replaced_and_the_old_one_dropped(scene: Scene) -> None:
    """First it opens, then it seals, then all is under it: a creator is paid at each step, by
    details that were sealed long before; no step needs the others to be at the same one."""
    pool = scene.database.pool
    assert OLD.newest == SEALER.newest
    await declare(pool, OLD, ids.uuid7())
    before = await history(pool)

    async def is_paid(by: Sealer) -> bool:
        scene.clock.forward(hours=1)
        payout = await scene.payout()
        run = PayoutRun(pool, {scene.rail.name: scene.rail}, by, now=scene.clock)
        await run.once()
        await run.once()
        return await scene.status(payout) is PayoutStatus.PAID

    assert await is_paid(BOTH_OLD_FIRST)
    await add(pool, BOTH, [ids.uuid7()])
    # Whoever has not been told yet which one is first opens it all the same.
    await assert_all_open(pool, BOTH_OLD_FIRST)
    assert await is_paid(BOTH)

    assert await reseal_all(pool, BOTH) == 2

    assert await keys_in_use(pool) == {NEW.newest: 3}
    assert await is_paid(NEW)
    await assert_all_open(pool, NEW)
    assert {net for _, net, _ in scene.transfers()} == {NET_MINOR}
    assert [row for row in await history(pool) if row in before] == before
    assert await reseal_all(pool, NEW) == 0


async def test_every_row_is_found(database: Database) -> None:
    """More than a batch, the ids at both ends, those that are out of use, and forms."""
    pool = database.pool
    ends = [UUID(int=0), UUID(int=2**128 - 1)]
    await add(pool, OLD, [*ends, *(ids.uuid7() for _ in range(BATCH * 2 - 2))])
    for form_id in (*ends, ids.uuid7()):
        await declare(pool, OLD, form_id)
    await pool.execute(
        "UPDATE payout_method SET status = 'DISABLED', reason = 'gone' WHERE method_id = $1",
        ends[0],
    )
    before = await history(pool)

    assert await reseal_all(pool, BOTH) == BATCH * 2 + 3

    assert await keys_in_use(pool) == {NEW.newest: BATCH * 2 + 3}
    await assert_all_open(pool, NEW)
    assert await history(pool) == before


async def test_what_no_key_opens_is_left_and_named(database: Database) -> None:
    """The rest is done; with its key back that one is too."""
    pool = database.pool
    lost = ids.uuid7()
    await add(pool, Sealer([OTHER_KEY]), [lost])
    await add(pool, OLD, [ids.uuid7(), ids.uuid7()])

    with pytest.raises(UnreadableSealsError, match=f"2 sealed anew, but 1 cannot .* {lost}"):
        await reseal_all(pool, BOTH)

    assert await keys_in_use(pool) == {NEW.newest: 2, Sealer([OTHER_KEY]).newest: 1}
    assert await reseal_all(pool, Sealer([NEW_KEY, OTHER_KEY])) == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("sealed_details = $2, display = 'US ••••9999'", "changes alone"),
        ("sealed_details = $2, status = 'VERIFIED'", "changes alone"),
        ("sealed_details = $3", "changes with its key only"),
        ("display = 'US ••••9999', status = 'VERIFIED'", "is fixed"),
    ],
    ids=["another account", "a move", "the same key", "no seal"],
)
async def test_nothing_else_changes_with_a_seal(
    database: Database, change: str, problem: str
) -> None:
    """Who may write the table may still not make one method of another."""
    method_id = ids.uuid7()
    await add(database.pool, OLD, [method_id])
    seals = (NEW.seal(method_id, some_details()), OLD.seal(method_id, some_details()))

    with pytest.raises(asyncpg.RestrictViolationError, match=problem):
        await database.pool.execute(
            f"UPDATE payout_method SET {change} WHERE method_id = $1"  # noqa: S608
            " AND ($2::bytea, $3::bytea) IS NOT NULL",
            method_id,
            *seals,
        )


async def test_a_form_changes_by_its_seal_alone(database: Database) -> None:
    form_id = ids.uuid7()
    await declare(database.pool, OLD, form_id)

    with pytest.raises(asyncpg.RestrictViolationError, match="sealed_tax_id changes alone"):
        await database.pool.execute(
            "UPDATE tax_form SET sealed_tax_id = $2, country = 'DE' WHERE form_id = $1",
            form_id,
            NEW.seal_tax_id(form_id, "ABCDE1234F"),
        )


@asynccontextmanager
async def command(database: Database, keys: Iterable[bytes]) -> AsyncGenerator[Any]:
    """`python -m payouts reseal`, as an operator runs it; killed at the end of the block."""
    settings = {
        "DATABASE_DSN": database.dsn,
        "KAFKA_SERVERS": "127.0.0.1:1",
        "HTTP_PORT": "4103",
        "TOKEN_JWKS_URL": "file:///nowhere",
        "TOKEN_ISSUER": "issuer",
        "TOKEN_AUDIENCE": "largesse",
        "DETAILS_KEYS": ",".join(base64.b64encode(key).decode() for key in keys),
        "LINK_KEYS": base64.b64encode(OTHER_KEY).decode(),
        "PUBLIC_URL": "http://127.0.0.1:4103",
        "SANDBOX_BANK_URL": "http://127.0.0.1:1",
        "SANDBOX_BANK_API_KEY": "key",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "payouts", "reseal"),
        env={**os.environ, **{f"PAYOUTS_{name}": value for name, value in settings.items()}},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_killed_in_the_middle_and_run_again(database: Database) -> None:
    """kill -9 in the second batch: the first stays done, nothing is lost, the next run ends it;
    meanwhile the service reads all and takes in more."""
    pool = database.pool
    method_ids = sorted(ids.uuid7() for _ in range(BATCH + 20))
    await add(pool, OLD, method_ids)

    async with pool.acquire() as holder, holder.transaction():
        # Whoever wants to write this row waits: the command stands still in its second batch.
        await holder.execute(
            "SELECT FROM payout_method WHERE method_id = $1 FOR UPDATE", method_ids[-1]
        )
        async with command(database, [NEW_KEY, OLD_KEY]) as process:
            await eventually(lambda: blocked(pool), within_s=60)
            await add(pool, BOTH, [ids.uuid7()])
            await assert_all_open(pool, BOTH)
            process.kill()
            await process.wait()

    assert await keys_in_use(pool) == {NEW.newest: BATCH + 1, OLD.newest: 20}
    await assert_all_open(pool, BOTH)

    async with command(database, [NEW_KEY, OLD_KEY]) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    assert b"payouts: 20 sealed anew; all is under the first of PAYOUTS_DETAILS_KEYS" in output
    await assert_all_open(pool, NEW)


async def test_the_command_says_what_it_could_not_do(database: Database) -> None:
    await add(database.pool, Sealer([OTHER_KEY]), [ids.uuid7()])

    async with command(database, [NEW_KEY, OLD_KEY]) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 1
    assert b"payouts: 0 sealed anew, but 1 cannot be opened" in output
    assert "reseal" in {each.command for each in PROGRAM.chores}


async def test_a_method_moves_on_as_before(database: Database) -> None:
    """Its moves are in its history, before it was sealed anew and after."""
    pool = database.pool
    method_id = ids.uuid7()
    order = AddPayoutMethod(method_id, CREATOR, "sandbox_bank", some_details())
    added = await transact(pool, lambda conn: add_payout_method(conn, order, OLD, at=NOW))

    await reseal_all(pool, BOTH)
    await transact(
        pool, lambda conn: verify_payout_method(conn, added.method, at=NOW, actor="test")
    )

    assert [row["status"] for row in await history(pool)] == ["PENDING", "VERIFIED"]
