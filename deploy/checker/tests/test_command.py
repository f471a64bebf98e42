"""What people and programs see of it."""

import asyncio
import json
import re
import sys
from pathlib import Path

from checker_world import Copy, World


async def checker(
    world: World, *arguments: str, kafka: str | None = None, module: str = "checker"
) -> tuple[int, str, str]:
    """Run `python -m checker` as the local stack does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        env={
            "CHECKER_WALLET_DSN": world.dsn("wallet"),
            "CHECKER_GIFTS_DSN": world.dsn("gifts"),
            "CHECKER_PAYOUTS_DSN": world.dsn("payouts"),
            "CHECKER_KAFKA_SERVERS": kafka or world.kafka_servers,
            "CHECKER_TOPIC_PREFIX": world.prefix,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def test_clean_books(world: World, tmp_path: Path) -> None:
    """A table for people, JSON for programs, and the exit status for scripts."""
    file = tmp_path / "report.json"

    status, output, errors = await checker(world, "--json", str(file))

    # On a busy machine it tells of its progress; there is nothing else to be told.
    assert re.sub(r"checker: +\d+ s  .*\n", "", errors) == ""
    assert status == 0
    assert output.splitlines()[0].split()[:2] == ["invariant", "of"]
    assert output.splitlines()[-1].startswith("books: clean (")
    report = json.loads(file.read_bytes())
    assert report["books"] == "clean"
    assert {finding["verdict"] for finding in report["findings"]} == {"clean"}


async def test_a_breach(broken: Copy, tmp_path: Path) -> None:
    """It names what is wrong, below the table."""
    copy = await broken()
    async with copy.tampering("gifts") as conn:
        await conn.execute("UPDATE creator_total SET coins = coins + 1 WHERE creator_id = 'star'")
    file = tmp_path / "report.json"

    status, output, _ = await checker(copy, "--json", str(file))

    assert status == 1
    assert "  wrong: star" in output.splitlines()
    assert output.splitlines()[-1].startswith("books: BREACH (")
    report = json.loads(file.read_bytes())
    assert report["books"] == "breach"
    [wrong] = [finding for finding in report["findings"] if finding["verdict"] == "breach"]
    assert (wrong["invariant"], wrong["of"], wrong["wrong"]) == ("INV3", "gifts", 1)
    assert wrong["examples"] == ["star"]


async def test_books_that_cannot_be_read(world: World) -> None:
    """Neither clean nor a breach: one clear line, and a status of its own."""
    status, output, errors = await checker(world, kafka="127.0.0.1:1")
    unknown = await checker(world, "--only", "bank")

    assert (status, output) == (2, "")
    assert errors.startswith("checker: the books cannot be read: ")
    assert len(errors.splitlines()) == 1
    assert unknown[0] == 2
    assert "wallet, gifts, payouts" in unknown[2]


async def test_only_some_services(world: World) -> None:
    status, output, _ = await checker(world, "--only", "wallet,payouts")

    assert status == 0
    assert " gifts " not in output
    assert " wallet = payouts " in output
