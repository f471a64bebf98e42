"""The connections of clients: how many there are, and that none of them does harm."""

import asyncio
import time
from typing import ClassVar, Protocol

from chassis.auth import Proof, TokenInvalidError, TokenVerifier
from live_hub import metrics
from live_hub.hub import Hub
from live_hub.operations import Operations
from live_hub.settings import Settings
from live_hub.wire import Wire


class Session(Protocol):
    """A client's connection."""

    @property
    def wire(self) -> Wire:
        """Its outgoing half."""
        ...

    protocol: ClassVar[str]
    """For metrics."""

    def beat(self) -> None:
        """Send something, so that nobody takes the connection for dead."""
        ...

    def stop(self) -> None:
        """The process ends: end the connection such that the client comes back elsewhere."""
        ...


class Sessions:
    """All connections of this process, and what they share."""

    def __init__(self, hub: Hub, verifier: TokenVerifier, settings: Settings) -> None:
        self.hub = hub
        self.operations = Operations()
        self.settings = settings
        self._verifier = verifier
        self._open: set[Session] = set()

    @property
    def clients(self) -> int:
        """Connections that are open."""
        return len(self._open)

    @property
    def is_full(self) -> bool:
        """Whether there are as many connections as one process takes."""
        return len(self._open) >= self.settings.connections_max

    def add(self, session: Session) -> None:
        """A connection begins."""
        self._open.add(session)
        metrics.CONNECTIONS.labels(session.protocol).inc()

    def discard(self, session: Session) -> None:
        """A connection has ended."""
        if session in self._open:
            self._open.remove(session)
            metrics.CONNECTIONS.labels(session.protocol).dec()

    async def prove(self, authorization: str | None) -> Proof | None:
        """Who calls, by what stands in an Authorization header; None without one.

        Raises:
            TokenError: It proves nothing.
            KeysUnavailableError: It cannot be checked now.
        """
        if authorization is None:
            return None
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer":
            raise TokenInvalidError
        return await self._verifier.prove(token.strip())

    async def tend(self, stop: asyncio.Event) -> None:
        """Keep connections alive, cut those that take nothing, forget what is old; until `stop`."""
        next_beat = time.monotonic() + self.settings.heartbeat_s
        while not stop.is_set():
            try:
                async with asyncio.timeout(1):
                    await stop.wait()
            except TimeoutError:
                pass
            self._cut_stalled()
            self.hub.forget()
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + self.settings.heartbeat_s
                for session in list(self._open):
                    session.beat()
        for session in list(self._open):
            session.stop()

    def _cut_stalled(self) -> None:
        latest = time.monotonic() - self.settings.stalled_max_s
        for session in list(self._open):
            if session.wire.paused_at is not None and session.wire.paused_at < latest:
                metrics.CUT.inc()
                session.wire.cut()
