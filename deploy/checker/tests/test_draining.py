"""What is still on its way is not lost: the checker waits, and says what it waited for."""

import asyncio

import pytest
from checker_world import Copy, World

from checker import check

CALM = {"INV5", "INV9"}
"""What can only be looked at when nothing is on its way."""


@pytest.mark.parametrize(
    ("service", "statement", "waits"),
    [
        (
            "payouts",
            "UPDATE consumed_offset SET next_offset = next_offset - 1 WHERE next_offset > 0",
            "payouts applies: gifts.gift.v1:",
        ),
        (
            "wallet",
            "UPDATE consumed_offset SET next_offset = next_offset + 5",
            "wallet applies: gifts.charge.v1:",
        ),
        ("gifts", "DELETE FROM consumed_offset", "gifts applies: wallet.charge.v1:"),
        (
            "wallet",
            "UPDATE outbox_cursor SET next_seq = next_seq - 1 WHERE stream = 'api'",
            "wallet publishes: api: 1 rows wait",
        ),
        ("gifts", "DELETE FROM outbox_cursor", "gifts publishes: "),
    ],
)
async def test_what_is_not_done_is_named(
    broken: Copy, service: str, statement: str, waits: str
) -> None:
    """Comparisons across services would be wrong now: they are skipped, and nothing is clean."""
    copy = await broken()
    async with copy.tampering(service) as conn:
        await conn.execute(statement)

    report = await check(copy.addresses, wait_drained_s=0)

    [drained] = [finding for finding in report.findings if finding.invariant == "drained"]
    assert drained.wrong
    assert any(example.startswith(waits) for example in drained.examples)
    assert not CALM & {each.invariant for each in report.findings}
    assert [each.verdict for each in report.findings if each.skipped] == ["skipped"]
    assert not report.clean


async def test_waits_until_it_is_done(broken: Copy) -> None:
    """A service that catches up in time is clean."""
    copy = await broken()
    async with copy.tampering("payouts") as conn:
        await conn.execute("CREATE TABLE before AS TABLE consumed_offset")
        await conn.execute("UPDATE consumed_offset SET next_offset = 0")
        told = asyncio.Event()

        async def catch_up() -> None:
            await told.wait()
            await conn.execute(
                "UPDATE consumed_offset AS c SET next_offset = b.next_offset FROM before AS b"
                " WHERE (c.topic, c.partition) = (b.topic, b.partition)"
            )

        catching_up = asyncio.create_task(catch_up())
        report = await check(copy.addresses, wait_drained_s=30, progress=lambda _: told.set())
        await catching_up

    assert report.clean, report.in_words()


async def test_retention_is_not_a_loss(world: World, broken: Copy) -> None:
    """Where a topic's oldest records are gone, what they told cannot be compared: it says so."""
    copy = await broken(records=await world.records())
    await copy.forget_oldest_records("gifts.gift.v1")

    report = await check(copy.addresses)

    skipped = [finding.skipped for finding in report.findings if finding.skipped]
    assert skipped == ["retention has taken records of gifts.gift.v1"]
    assert report.clean
