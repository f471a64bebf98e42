"""A database that is not where it was."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from chassis import db


@pytest.fixture
async def silent_dsn() -> AsyncGenerator[str]:
    """Where somebody takes connections and never says a word."""

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"postgresql://somebody@127.0.0.1:{port}/something"
    server.close()


async def test_a_server_that_never_answers_is_given_up(
    silent_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod that is gone leaves an address that nobody answers at: the next one may be there."""
    monkeypatch.setattr(db, "CONNECT_TIMEOUT_S", 0.2)
    async with asyncio.timeout(30) as patience:
        with pytest.raises(TimeoutError):
            await db.connect(silent_dsn, application="test")
    assert not patience.expired()


async def test_nor_does_a_pool_wait_for_it(
    silent_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "CONNECT_TIMEOUT_S", 0.2)
    async with asyncio.timeout(30) as patience:
        with pytest.raises(TimeoutError):
            await db.open_pool(silent_dsn, connections_max=2, application="test")
    assert not patience.expired()
