"""The play of a soak: its people, its load, its troubles, and who watches."""

import argparse
import asyncio
import random
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import httpx
from asking import Asking
from funding import fund
from giving import cheap_items, open_to_gifts, people, read_catalogue
from http_client import RequestFrame
from linked import link_up
from links import Links, linking
from report import percentile
from shopping import Shopping
from shows import Shows
from stacks import say
from steady import Giver, Steady
from troubles import Trouble, Troubles, make
from watchman import Watchman

from chassis.db import open_pool
from local_stack import tokens
from local_stack.client import Client
from local_stack.stack import Stack
from support.world import PATIENCE_S, World

LOAD = 0.7
KILLS_SHARE = 2 / 3
"""Of the time, after which none of our processes is killed any more."""
_RECOVERED_WITHIN_S = PATIENCE_S
"""However busy the machine is; how long it took is in the figures."""
_CAUGHT_UP_WITHIN_S = 300.0
"""What came while nothing was settled is worked off with the 30 % that are spare: more than twice
as long as it took to come."""
_UNDER_WAY_MIN = 64
"""Fewer are nothing to wait for, however low the rate."""
_SCREENS = 3
_SAY_EVERY_S = 10.0
_LOOK_EVERY_S = 0.5
"""At memory, at most."""
_COINS, _COINS_OF_THE_POOR = 1_000_000, 60
_POOR_OF = 100
"""Every hundredth viewer is poor."""


class Recovered(NamedTuple):
    """A trouble that is over."""

    trouble: Trouble
    began_s: float
    """By the monotonic clock."""
    caught_up_s: float
    """When no more gifts were under way than is usual."""
    recovery_s: float
    """From the end of the trouble, or when it happened if it was over at once, to the first gift
    that was due since and is settled."""


class Soaked(NamedTuple):
    """What came of it."""

    carried_per_s: float | None
    """In the closed loop; None where the rate was given."""
    rate: float
    began_s: float
    seconds: float
    steady: Steady
    asking: Asking
    recovered: Sequence[Recovered]
    shows: Shows
    shopping: Shopping
    watchman: Watchman
    coins: Mapping[str, int]
    """That viewers had in the beginning."""

    def latencies_ms(self) -> tuple[Sequence[float], Sequence[float]]:
        """Of the gifts that no trouble has met, and of those that waited while there was one."""
        undisturbed: list[float] = []
        disturbed: list[float] = []
        ends = [each.caught_up_s for each in self.recovered]
        for due, latency in zip(self.steady.due_at, self.steady.latencies_s, strict=True):
            if not self.began_s <= due <= self.began_s + self.seconds:
                continue
            first = bisect_left(ends, due)
            met = first < len(ends) and self.recovered[first].began_s <= due + latency
            (disturbed if met else undisturbed).append(latency * 1_000)
        return undisturbed, disturbed


async def soak(stack: Stack, options: argparse.Namespace) -> Soaked:
    """Start the stack, which is new, and let it all happen."""
    relays = link_up(stack)
    async with linking(relays) as links:
        await asyncio.to_thread(stack.start)
        creators, hosts = people("creator", options.creators), people("host", options.rooms)
        dsn = stack.addresses.database_dsn(stack.home, "gifts")
        async with await open_pool(dsn, connections_max=2, application="bench") as pool:
            await open_to_gifts(pool, [*creators, *hosts])
            items = cheap_items(await read_catalogue(pool))
        coins = await _fund(stack, people("viewer", options.viewers))
        givers = [_giver(stack, viewer, coins[viewer]) for viewer in coins]
        asking = Asking(stack.addresses.graphql)
        steady = Steady(asking, givers, creators, items, random.Random(options.seed))
        async with (
            Client(stack.addresses.graphql, connections_max=256) as client,
            httpx.AsyncClient(trust_env=False) as http,
        ):
            world = World(stack, client, http)
            play = _Play(
                stack,
                links,
                Troubles(relays, random.Random(options.seed)),
                steady,
                Shows(world, client, steady, screens=_SCREENS),
                Shopping(world),
                options,
            )
            carried, rate, began_s = await play.run(hosts)
        return Soaked(
            carried,
            rate,
            began_s,
            options.seconds,
            steady,
            asking,
            play.recovered,
            play.shows,
            play.shopping,
            play.watchman,
            coins,
        )


async def _fund(stack: Stack, viewers: Sequence[str]) -> Mapping[str, int]:
    poor = viewers[::_POOR_OF]
    rich = [viewer for viewer in viewers if viewer not in set(poor)]
    await fund(stack, poor, _COINS_OF_THE_POOR)
    await fund(stack, rich, _COINS)
    return dict.fromkeys(poor, _COINS_OF_THE_POOR) | dict.fromkeys(rich, _COINS)


def _giver(stack: Stack, viewer: str, coins: int) -> Giver:
    token = tokens.issue(stack.home, viewer, "viewer")
    headers = {"authorization": f"Bearer {token}", "x-graphql-client": "largesse-bench"}
    frame = RequestFrame(stack.addresses.graphql, headers)
    return Giver(viewer, frame, is_poor=coins == _COINS_OF_THE_POOR)


class _Play:
    """Everything that goes on at the same time."""

    def __init__(
        self,
        stack: Stack,
        links: Links,
        troubles: Troubles,
        steady: Steady,
        shows: Shows,
        shopping: Shopping,
        options: argparse.Namespace,
    ) -> None:
        self._stack = stack
        self._links = links
        self._troubles = troubles
        self._steady = steady
        self._options = options
        self.shows = shows
        self.shopping = shopping
        self.watchman = Watchman(stack, every_s=max(_LOOK_EVERY_S, options.seconds / 600))
        self.recovered: list[Recovered] = []

    async def run(self, hosts: Sequence[str]) -> tuple[float | None, float, float]:
        """Play; returns gifts per second that were carried and offered, and when it began."""
        steady, options = self._steady, self._options
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for host in hosts:
                group.create_task(self.shows.host(host, options.room_seconds, stop))
            group.create_task(self.shopping.go_on(stop))
            say(f"warming up for {options.warm_up:g} s")
            await steady.closed_loop(options.callers, options.warm_up)
            carried = None if options.rate else await self._calibrate()
            rate = options.rate if carried is None else LOAD * carried
            say(f"{rate:.0f} gifts per second for {options.seconds:g} s")
            began_s = time.monotonic()
            giving = group.create_task(steady.open_loop(rate))
            watching = [
                group.create_task(self.watchman.watch()),
                group.create_task(self._tell(began_s)),
            ]
            await self._disturb(began_s, rate)
            for task in watching:
                task.cancel()
            say("no more gifts; waiting for what is under way")
            steady.stop()
            await giving
            stop.set()
        return carried, rate, began_s

    async def _calibrate(self) -> float:
        options = self._options
        say(f"{options.callers} callers in a closed loop for {options.calibration:g} s")
        carried = await self._steady.closed_loop(options.callers, options.calibration)
        say(f"  {carried:.0f} gifts per second")
        return carried

    async def _disturb(self, began_s: float, rate: float) -> None:
        """One trouble after another until the time is over."""
        ends_s = began_s + self._options.seconds
        spares_s = began_s + KILLS_SHARE * self._options.seconds
        while time.monotonic() < ends_s:
            trouble = self._troubles.draw()
            await asyncio.sleep(trouble.rests_s)
            now_s = time.monotonic()
            is_spared = trouble.kind == "kill -9" and now_s > spares_s
            if not is_spared and now_s + trouble.holds_s < ends_s:
                self.recovered.append(await self._recover_from(trouble, rate))

    async def _recover_from(self, trouble: Trouble, rate: float) -> Recovered:
        began_s = time.monotonic()
        await make(trouble, self._stack, self._links)
        over_s = time.monotonic() if trouble.holds_s else began_s
        try:
            async with asyncio.timeout(_RECOVERED_WITHIN_S):
                settled_s = await self._steady.next_settled()
                await asyncio.to_thread(self._stack.wait_ready, timeout_s=_RECOVERED_WITHIN_S)
            async with asyncio.timeout(_CAUGHT_UP_WITHIN_S):
                # Half a second's worth: with an answer within 0.5 s all is as usual.
                while self._steady.under_way > max(_UNDER_WAY_MIN, rate / 2):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            after_s = time.monotonic() - began_s
            raise AssertionError(f"not over after {after_s:.0f} s: {trouble}") from None
        recovered = Recovered(trouble, began_s, time.monotonic(), settled_s - over_s)
        say(
            f"  {trouble.kind}, {trouble.victim}"
            + (f", for {trouble.holds_s:.1f} s" if trouble.holds_s else "")
            + f": recovered after {recovered.recovery_s:.2f} s,"
            f" caught up after {recovered.caught_up_s - over_s:.1f} s"
        )
        return recovered

    async def _tell(self, began_s: float) -> None:
        """Say how far it is, every so often."""
        steady, told = self._steady, len(self._steady.due_at)
        while True:
            await asyncio.sleep(_SAY_EVERY_S)
            new, told = steady.latencies_s[told:], len(steady.latencies_s)
            p99_ms = f"{percentile(new, 99) * 1e3:,.0f} ms" if new else "none settled"
            mb = sum(self.watchman.memory.newest_mb().values())
            say(
                f"{time.monotonic() - began_s:,.0f} s: {len(steady.due_at):,} gifts,"
                f" {steady.under_way:,} under way, p99 {p99_ms}; {mb:,.0f} MB;"
                f" {self.shows.rooms} rooms, {len(self.shopping.bought)} purchases"
            )
