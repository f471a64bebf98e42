"""Gifts that keep flowing through the ingress port while pods come and go."""

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final

import httpx

from chassis.ids import uuid7
from local_stack.buying import buy
from local_stack.client import Client, GatewayError
from local_stack.giving import Sent, give
from local_stack.outcome import CREATORS
from local_stack.problem import LocalProblemError
from manifests.problem import ManifestError

_GIVERS: Final = 8
_PAUSE_S: Final = 0.1
"""Between two gifts of one giver: the gateway takes 600 requests a minute from each."""
_PATIENCE_S: Final = 300.0
"""How long one gift may be tried again; servers below are away for a while in a drain."""

type Token = Callable[[str, str], str]


class Traffic:
    """Givers who each send one gift after another, and the same again when they get no answer.

    They run in a thread of their own: what disturbs them is a program that waits.
    """

    def __init__(self, graphql_url: str, token: Token) -> None:
        self._url = graphql_url
        self._token = token
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._failure: BaseException | None = None
        self._sent_at: list[float] = []
        self.sent: dict[str, Sent] = {}
        self.tried_again = 0
        """How often somebody got no answer, or an error, and asked again."""

    def require_moving(self, gifts: int, within_s: float) -> float:
        """Wait until so many more gifts are sent; returns how long that took, in seconds.

        Raises:
            ManifestError: They are not in time, or a giver has given up.
        """
        began = time.monotonic()
        wanted = len(self.sent) + gifts
        while len(self.sent) < wanted:
            self._raise_failure()
            if time.monotonic() - began > within_s:
                raise ManifestError(f"no {gifts} gifts were sent within {within_s:.0f} s")
            time.sleep(0.05)
        return time.monotonic() - began

    def longest_pause_s(self, since: float) -> float:
        """The longest time in which no gift was sent, from a moment of the monotonic clock on."""
        moments = [since, *(at for at in self._sent_at if at > since), time.monotonic()]
        return max(later - earlier for earlier, later in pairwise(moments))

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise ManifestError(f"the flow of gifts broke off: {self._failure!r}")

    def _run(self) -> None:
        try:
            asyncio.run(self._flow())
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits
            self._failure = error

    async def _flow(self) -> None:
        async with Client(self._url) as client, asyncio.TaskGroup() as group:
            bundles = (await client.ask("Bundles"))["nodes"]
            items = (await client.ask("GiftCatalogue"))["items"]["nodes"]
            item = min(items, key=lambda each: each["priceCoins"])
            bundle = max(
                (each for each in bundles if each["coins"] <= 5_000), key=lambda each: each["coins"]
            )
            for number in range(_GIVERS):
                group.create_task(
                    self._give(client, f"giver-{uuid7().hex[-8:]}-{number}", bundle, item)
                )

    async def _give(
        self, client: Client, viewer: str, bundle: Mapping[str, Any], item: Mapping[str, Any]
    ) -> None:
        token = self._token(viewer, "viewer")
        await buy(client, token, viewer, bundle)
        turn = 0
        while not self._ending.is_set():
            creator = CREATORS[turn % len(CREATORS)]
            turn += 1
            sent = await self._insist(client, token, viewer, creator, item)
            self.sent[sent.gift_id] = sent
            self._sent_at.append(time.monotonic())
            await asyncio.sleep(_PAUSE_S)

    async def _insist(
        self, client: Client, token: str, viewer: str, creator: str, item: Mapping[str, Any]
    ) -> Sent:
        gift_id = str(uuid7())
        deadline = time.monotonic() + _PATIENCE_S
        target = {"videoId": f"{creator}-video-1"}
        while True:
            try:
                outcome = await give(client, token, viewer, creator, target, item, 1, gift_id)
            # An answer that is no JSON is nobody's of ours: something in between.
            except (GatewayError, LocalProblemError, httpx.HTTPError, ValueError) as error:
                if time.monotonic() > deadline:
                    raise LocalProblemError(
                        f"gift {gift_id} has no end after {_PATIENCE_S:.0f} s: {error!r}"
                    ) from error
                self.tried_again += 1
                await asyncio.sleep(0.5)
                continue
            if not isinstance(outcome, Sent):
                raise LocalProblemError(f"gift {gift_id} was refused: {outcome.code}")
            return outcome

    def start(self) -> None:
        """Begin; returns when gifts flow.

        Raises:
            ManifestError: They do not.
        """
        self._thread.start()
        self.require_moving(_GIVERS, within_s=120)

    def stop(self) -> None:
        """Let every giver finish the gift in hand.

        Raises:
            ManifestError: One could not.
        """
        self._ending.set()
        self._thread.join(_PATIENCE_S + 60)
        self._raise_failure()
        if self._thread.is_alive():
            raise ManifestError("the flow of gifts does not end")


@contextmanager
def traffic(graphql_url: str, token: Token) -> Generator[Traffic]:
    """Gifts that flow for as long as this runs.

    Raises:
        ManifestError: They did not flow, or one of them had no end.
    """
    flow = Traffic(graphql_url, token)
    flow.start()
    yield flow
    flow.stop()
