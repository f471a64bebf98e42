"""What goes wrong in a soak, one thing at a time, drawn from a seed (T5 to T8)."""

import asyncio
import os
import random
import signal
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, get_args

from links import Links, Order, Relay, State

from local_stack.programs import PROGRAMS
from local_stack.stack import Stack
from support.sabotage import locked, terminate_sessions

type Kind = Literal[
    "kill -9",
    "postgres restarted",
    "sessions ended",
    "lock time-out",
    "kafka killed",
    "slow link",
    "cut link",
    "frozen link",
]

_BAG: Final[Sequence[Kind]] = ("kill -9", "kill -9", *get_args(Kind.__value__))
"""Drawn to the last before it is filled again, so that each kind has its turn, and kills three."""

_LOCKED: Final = (("wallet", "movement"), ("gifts", "gift"), ("payouts", "accrual"))
_HOLDS_S: Final[dict[Kind, tuple[float, float]]] = {
    "lock time-out": (1, 4),
    "slow link": (4, 12),
    "cut link": (1, 8),
    "frozen link": (2, 12),
}
"""How long it goes on, from and to; what is not here is over at once."""
_STATES: Final[dict[Kind, State]] = {
    "slow link": "slow",
    "cut link": "cut",
    "frozen link": "frozen",
}
_DELAY_S: Final = (0.005, 0.05)
_RESTS_S: Final = (2.0, 6.0)


class Trouble(NamedTuple):
    """One thing that goes wrong."""

    kind: Kind
    victim: str
    """A process, a service or a link."""
    holds_s: float
    delay_s: float
    """Of a slow link."""
    rests_s: float
    """For how long nothing is wrong before it."""


class Troubles:
    """Draws troubles; the same seed gives the same ones in the same order."""

    def __init__(self, relays: Sequence[Relay], chance: random.Random) -> None:
        self._links = [relay.name for relay in relays]
        self._chance = chance
        self._bag: list[Kind] = []
        self._victims: list[str] = []

    def draw(self) -> Trouble:
        """The next one."""
        chance = self._chance
        if not self._bag:
            self._bag = chance.sample(_BAG, k=len(_BAG))
        kind = self._bag.pop()
        return Trouble(
            kind,
            self._victim(kind),
            chance.uniform(*_HOLDS_S.get(kind, (0, 0))),
            chance.uniform(*_DELAY_S),
            chance.uniform(*_RESTS_S),
        )

    def _victim(self, kind: Kind) -> str:
        match kind:
            case "kill -9":
                if not self._victims:
                    self._victims = self._chance.sample(PROGRAMS, k=len(PROGRAMS))
                return self._victims.pop()
            case "lock time-out":
                return self._chance.choice(_LOCKED)[0]
            case "slow link" | "cut link" | "frozen link":
                return self._chance.choice(self._links)
            case "kafka killed":
                return "kafka"
            case "postgres restarted" | "sessions ended":
                return "postgres"


async def make(trouble: Trouble, stack: Stack, links: Links) -> None:
    """Let it happen; returns when it is over, and recovery begins."""
    match trouble.kind:
        case "kill -9" | "kafka killed":
            await asyncio.to_thread(stack.kill9, trouble.victim)
        case "postgres restarted":
            # As `pg_ctl restart -m immediate`.
            os.kill(await asyncio.to_thread(stack.pid, "postgres"), signal.SIGQUIT)
        case "sessions ended":
            await terminate_sessions(stack)
        case "lock time-out":
            table = dict(_LOCKED)[trouble.victim]
            async with locked(stack, trouble.victim, table, waits="200ms"):
                await asyncio.sleep(trouble.holds_s)
        case "slow link" | "cut link" | "frozen link":
            state = _STATES[trouble.kind]
            await links.set(Order(trouble.victim, state, trouble.delay_s))
            await asyncio.sleep(trouble.holds_s)
            await links.set(Order(trouble.victim, "open"))
