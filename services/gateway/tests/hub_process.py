"""The real hub as a process, what it reads, and what its clients are told."""

import asyncio
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import websockets
from gateway_process import AUDIENCE, ISSUER, Issuer

from contracts.gifts.live import FrameGift, FrameGifter, FrameGoal, FrameTotals, RoomFrame
from contracts.payouts.v1 import EarningsChanged
from contracts.wallet.v1 import BalanceChanged
from local_stack.operations import documents

ROOM_FRAMES = documents()["RoomFrames"]
FRAMES_IN_FULL = documents()["RoomFramesInFull"]
BALANCE_CHANGED = documents()["BalanceChanged"]
EARNINGS_CHANGED = documents()["EarningsChanged"]


@dataclass
class HubProcess:
    """A running hub."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    async def metric(self, name: str) -> float:
        """The sum over a metric's labels."""
        async with httpx.AsyncClient(trust_env=False) as client:
            text = (await client.get(f"http://127.0.0.1:{self.port}/metrics")).text
        return sum(
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if line.partition(" ")[0].partition("{")[0] == name
        )

    def kill(self) -> None:
        """As a crash would."""
        self.process.kill()
        self.process.wait()


def hub_settings(issuer: Issuer, kafka_servers: str, prefix: str, port: int) -> dict[str, str]:
    return {
        "LIVE_HUB_KAFKA_SERVERS": kafka_servers,
        "LIVE_HUB_TOPIC_PREFIX": prefix,
        "LIVE_HUB_HTTP_PORT": str(port),
        "LIVE_HUB_TOKEN_JWKS_URL": issuer.file.as_uri(),
        "LIVE_HUB_TOKEN_ISSUER": ISSUER,
        "LIVE_HUB_TOKEN_AUDIENCE": AUDIENCE,
        "LIVE_HUB_ROOM_CLOSING_S": "0.5",
    }


@contextmanager
def run_hub(
    folder: Path, settings: Mapping[str, str], *, ready: bool = True
) -> Iterator[HubProcess]:
    """A hub, until the context ends; one that was not killed must end well."""
    port = int(settings["LIVE_HUB_HTTP_PORT"])
    log = folder / f"hub-{port}.log"
    environment = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "live_hub"],
            env=environment | dict(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(
            process, f"http://127.0.0.1:{port}{'/readyz' if ready else '/livez'}", log
        )
        yield HubProcess(port, process, log)
        if process.returncode is None:
            process.terminate()
            assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    with httpx.Client(trust_env=False) as client:
        while True:
            assert process.poll() is None, log.read_text()
            try:
                if client.get(url).is_success:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, log.read_text()
            select.select([], [], [], 0.05)


def a_gift(number: int, coins: int = 5, **more: Any) -> FrameGift:
    identity = UUID(int=number)
    return FrameGift(gift_id=identity, item_id="rose", count=1, total_coins=coins, **more)


PENDING_UNTIL = datetime(2026, 6, 15, 20, 0, 5, tzinfo=UTC)


def a_frame(room: UUID, seq: int, **more: Any) -> RoomFrame:
    """A frame of a room to which one gift of 5 coins is given per frame."""
    values: dict[str, Any] = {
        "room_id": room,
        "creator_id": "nova",
        "seq": seq,
        "status": "OPEN",
        "totals": FrameTotals(coins=5 * seq, gifts=seq, gifters=1),
        "committed_at": datetime.now(UTC),
        "gifts": (a_gift(seq, sender_id="alice", pending_until=PENDING_UNTIL),),
        "goal": FrameGoal(target_coins=1_000, reached_coins=5 * seq),
        "top_gifters": (FrameGifter(rank=1, coins=5 * seq, user_id="alice"),),
    }
    return RoomFrame(**values | more)


def a_balance(user: str, version: int, coins: int) -> BalanceChanged:
    return BalanceChanged(
        user_id=user, version=version, coins=coins, as_of=datetime.now(UTC), cause="charge"
    )


def the_earnings(creator: str, version: int, pending: int, available: int = 0) -> EarningsChanged:
    """In micro-diamonds."""
    return EarningsChanged(creator, version, pending, available, datetime.now(UTC))


class Socket:
    """A client that speaks graphql-transport-ws, word by word."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self._connection = connection

    async def say(self, **message: Any) -> None:
        await self._connection.send(json.dumps(message))

    async def raw(self, message: str | bytes) -> None:
        await self._connection.send(message)

    async def hear(self, within_s: float = 20) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            message = await self._connection.recv()
        assert isinstance(message, str), "clients want text, not binary frames"
        return json.loads(message)

    async def closed(self) -> tuple[int | None, str | None]:
        """Wait until the hub closes the socket: its code and reason."""
        async with asyncio.timeout(20):
            try:
                while True:
                    await self._connection.recv()
            except websockets.ConnectionClosed:
                return self._connection.close_code, self._connection.close_reason

    async def subscribe(self, id_: str, query: str, **variables: Any) -> None:
        await self.say(id=id_, type="subscribe", payload={"query": query, "variables": variables})

    async def next(self, id_: str) -> dict[str, Any]:
        """The next result of a subscription's only field."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("next", id_), message
        (value,) = message["payload"]["data"].values()
        return value

    async def until(self, id_: str, **fields: Any) -> None:
        """Wait for the result that says `fields`: what is known at once may be older."""
        told: dict[str, Any] = {}
        while {**told, **fields} != told:
            told = await self.next(id_)

    async def error(self, id_: str) -> dict[str, Any]:
        """The error that ends a subscription: its extensions and message."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("error", id_), message
        (error,) = message["payload"]
        return {"message": error["message"], **error["extensions"]}


@asynccontextmanager
async def a_socket(
    url: str, token: str | None = None, *, init: bool = True, **options: Any
) -> AsyncGenerator[Socket]:
    given = {
        "subprotocols": [websockets.Subprotocol("graphql-transport-ws")],
        "proxy": None,
        # With a bound, a client that has not heard everything takes 10 s to close.
        "max_queue": None,
    }
    async with websockets.connect(url, **(given | options)) as connection:
        socket = Socket(connection)
        if init:
            payload = {} if token is None else {"authorization": f"Bearer {token}"}
            await socket.say(type="connection_init", payload=payload)
            assert (await socket.hear())["type"] == "connection_ack"
        yield socket


@asynccontextmanager
async def events(
    url: str, query: str, token: str | None = None, **variables: Any
) -> AsyncGenerator[AsyncIterator[tuple[str, Any]]]:
    """A stream of server-sent events: (type, data); data is None where it is empty."""
    headers = {"accept": "text/event-stream"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    async with (
        httpx.AsyncClient(trust_env=False, timeout=30) as client,
        client.stream(
            "POST", url, json={"query": query, "variables": variables}, headers=headers
        ) as response,
    ):
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _events(response)


async def _events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    kind = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data:"):
            data = line.removeprefix("data:").strip()
            yield kind, json.loads(data) if data else None


def ago(seconds: float) -> datetime:
    return datetime.fromtimestamp(time.time() - seconds, UTC)
