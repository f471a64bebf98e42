"""Asking the gateway again and again until it has answered, as an app does."""

import asyncio
from typing import Any

import http_client
import msgspec
from http_client import Connection, ConnectionLostError, connect

_CONNECTIONS_MAX = 256
"""More requests than this wait for one; they are timed from when they were due all the same."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0
_PATIENCE_S = 300.0
_MAY_PASS = {"SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR"}

type Answer = dict[str, Any]


class UnansweredError(AssertionError):
    """Somebody has asked for longer than anything is away, or was told what cannot be."""


class Asking:
    """Connections to one gateway."""

    def __init__(self, url: str, *, answer_within_s: float = 10.0) -> None:
        """`answer_within_s`: after which an answer has not come."""
        self._url = url
        self._answer_within_s = answer_within_s
        self._idle: list[Connection] = []
        self._limit = asyncio.Semaphore(_CONNECTIONS_MAX)
        self.repeats = 0
        """Requests that were sent again, for want of an answer or of a settled one."""

    async def until_settled(self, request: bytes, statuses: set[str] | None) -> Answer:
        """Send a request until its single root field is settled.

        Args:
            request: All of it, with an id of its own, so that it may be repeated.
            statuses: Of a gift, when it is settled; None: any answer is one. A refusal is.

        Raises:
            UnansweredError: It was not within five minutes, or never will be.
        """
        loop = asyncio.get_running_loop()
        deadline, pause_s = loop.time() + _PATIENCE_S, _FIRST_PAUSE_S
        answer = await self._field(request)
        while answer is None or not _is_settled(answer, statuses):
            if loop.time() > deadline:
                raise UnansweredError(f"{answer} after {_PATIENCE_S:g} s: {request[-300:]!r}")
            self.repeats += 1
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            answer = await self._field(request)
        return answer

    async def _field(self, request: bytes) -> Answer | None:
        answer = await self.once(request)
        return None if answer is None or answer.status != 200 else _field_of(answer.body)

    async def once(self, request: bytes) -> http_client.Answer | None:
        """Send a request; None where no answer came."""
        async with self._limit:
            connection: Connection | None = None
            try:
                async with asyncio.timeout(self._answer_within_s):
                    connection = self._idle.pop() if self._idle else await connect(self._url)
                    answer = await connection.ask(request)
            except (ConnectionLostError, OSError, TimeoutError):
                if connection is not None:
                    connection.close()
                return None
            self._idle.append(connection)
        return answer


def _field_of(body: bytes) -> Answer | None:
    document = msgspec.json.decode(body)
    for error in document.get("errors", ()):
        if error.get("extensions", {}).get("code") not in _MAY_PASS:
            raise UnansweredError(f"an error that nobody mends by asking again: {body!r}")
        return None
    (value,) = document["data"].values()
    return value


def _is_settled(answer: Answer, statuses: set[str] | None) -> bool:
    return statuses is None or "gift" not in answer or answer["gift"]["status"] in statuses
