"""The service's commands as an operator and a supervisor run them."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

import httpx
import pytest

from chassis.serve import EXIT_MISCONFIGURED
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from chassis.testing.plugin import NewDatabase, Servers
from gifts.__main__ import PROGRAM
from gifts.data import first_catalogue, first_levels
from local_stack import ports

MIGRATIONS = [
    file.name
    for file in resources.files("gifts.migrations").iterdir()
    if file.name.endswith(".sql")
]


@pytest.fixture
async def database(new_database: NewDatabase) -> Database:
    """A database in which only the chassis' tables are there yet."""
    return await new_database("chassis.migrations")


@pytest.fixture
def address(
    database: Database, servers: Servers, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Where a process serves that is started with the environment that this makes."""
    port = ports.one_free()
    environment = {
        "DATABASE_DSN": database.dsn,
        "KAFKA_SERVERS": servers.kafka_servers,
        "TOPIC_PREFIX": topic_prefix,
        "HTTP_PORT": str(port),
        "TOKEN_JWKS_URL": "file:///nowhere/keys.json",
        "TOKEN_ISSUER": "test",
        "TOKEN_AUDIENCE": "largesse",
    }
    for name, value in environment.items():
        monkeypatch.setenv(f"GIFTS_{name}", value)
    return f"http://127.0.0.1:{port}"


async def run(*arguments: str) -> int:
    """Run a command that ends by itself."""
    return await asyncio.to_thread(PROGRAM.run, arguments)


@asynccontextmanager
async def serving(kind: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A process that goes on until it is told to stop, and then ends cleanly."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gifts", kind),
        env=dict(os.environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
        assert process.returncode is None, "it ended by itself"
        process.terminate()
        out, _ = await process.communicate()
        assert process.returncode == 0, out.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def readiness(client: httpx.AsyncClient, wanted: int) -> str:
    """What the process says once it answers `/readyz` with the status wanted."""

    async def ask() -> httpx.Response | None:
        try:
            return await client.get("/readyz")
        except httpx.TransportError:
            return None

    answer = await eventually(
        ask, until=lambda got: got is not None and got.status_code == wanted, within_s=90
    )
    assert answer is not None
    return answer.text


@pytest.mark.usefixtures("address")
async def test_new_database_is_prepared_once(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Set-up may run at each start; a catalogue that is not fit changes nothing."""
    dearer = json.loads(first_catalogue()) | {"version": 2}
    dearer["items"][0]["price_coins"] = 2
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(dearer))
    levels = tmp_path / "levels.json"
    levels.write_text(json.dumps(json.loads(first_levels()) | {"version": 2}))
    dearer["items"][0]["price_coins"] = 0
    bad.write_text(json.dumps(dearer))

    told: list[tuple[int, str]] = []
    for command in (
        ["migrate"],
        ["migrate"],
        ["seed"],
        ["seed"],
        ["publish-catalogue", str(bad)],
        ["publish-catalogue", str(good)],
        ["publish-levels", str(good)],
        ["publish-levels", str(levels)],
        ["seed"],
    ):
        status = await run(*command)
        told.append((status, "".join(capsys.readouterr())))

    assert [status for status, _ in told] == [0, 0, 0, 0, 1, 0, 1, 0, 0]
    assert told[0][1] == f"gifts: {len(MIGRATIONS)} migrations applied\n"
    assert told[1][1] == "gifts: 0 migrations applied\n"
    assert told[2][1].startswith("gifts: catalogue 1 of 27 items published")
    assert told[3][1].startswith("gifts: catalogue 1 of 27 items was there already")
    assert "gifts: level table 1 of 50 levels published" in told[2][1]
    assert "gifts: level table 1 of 50 levels was there already" in told[3][1]
    assert "price_coins" in told[4][1]
    assert told[5][1].startswith("gifts: catalogue 2 of 27 items published")
    assert "nothing was published" in told[6][1]
    assert told[7][1].startswith("gifts: level table 2 of 50 levels published")
    assert await database.pool.fetchval("SELECT count(*) FROM catalogue_version") == 2


@pytest.mark.usefixtures("address")
@pytest.mark.parametrize("missing", ["GIFTS_DATABASE_DSN", "GIFTS_KAFKA_SERVERS"])
async def test_incomplete_environment_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.delenv(missing)

    assert await run("worker") == EXIT_MISCONFIGURED
    assert f"the settings are wrong: {missing} is missing: set it" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["migrate", "seed"])
@pytest.mark.usefixtures("address")
async def test_absent_database_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setenv("GIFTS_DATABASE_DSN", "postgresql://nobody@127.0.0.1:1/nothing")

    assert await run(command) == 1
    assert capsys.readouterr().err.startswith(f"gifts: {command} failed")


@pytest.mark.usefixtures("address")
async def test_edited_migration_is_told_in_one_line(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await run("migrate")
    await database.pool.execute("UPDATE schema_migration SET checksum = 'another'")
    capsys.readouterr()

    assert await run("migrate") == 1
    told = capsys.readouterr().err
    assert told.startswith("gifts: ")
    assert "was edited after it was applied" in told
    assert told.count("\n") == 1


@pytest.mark.usefixtures("address")
async def test_absent_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    await run("migrate")

    assert await run("publish-catalogue", "/no/such/file.json") == 1
    assert "/no/such/file.json" in capsys.readouterr().err


async def test_api_waits_for_its_schema_and_serves_until_told_to_stop(address: str) -> None:
    query = {"query": "{ giftCatalogue { version items(first: 1) { nodes { id } } } }"}

    async with serving("api"), httpx.AsyncClient(base_url=address) as client:
        assert "0102_gift.sql" in await readiness(client, 503)
        assert [await run("migrate"), await run("seed")] == [0, 0]
        await readiness(client, 200)
        answer = await client.post("/graphql", json=query)

    assert answer.json() == {
        "data": {"giftCatalogue": {"version": 1, "items": {"nodes": [{"id": "ice-cream"}]}}}
    }


async def test_worker_works_until_told_to_stop(address: str) -> None:
    assert await run("migrate") == 0

    async with serving("worker"), httpx.AsyncClient(base_url=address) as client:
        await readiness(client, 200)
        metrics = await client.get("/metrics")

    assert "largesse_outbox_oldest_seconds 0.0" in metrics.text
