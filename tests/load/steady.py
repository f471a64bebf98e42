"""Viewers who give at a steady rate, through whatever happens, and the account of what they gave.

Open loop: a gift is begun when it is due, whatever became of those before, and timed from then.
Closed loop: each caller begins the next when the last is settled. The mix is the same.
"""

import asyncio
import random
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from asking import Answer, Asking, UnansweredError
from documents import send_gift, undo_gift
from firsts import Firsts
from http_client import RequestFrame

from chassis.ids import uuid7
from gifts.domain.catalogue import GiftItem

ROOM_SHARE = 0.4
"""Of gifts, while rooms are open; the others go to videos."""
UNDO_SHARE = 0.02
"""Of gifts to videos: their senders think better of it at once."""


class Giver(NamedTuple):
    """A viewer."""

    person: str
    frame: RequestFrame
    is_poor: bool
    """May run out of coins."""


class Room:
    """A live room that is given to, and what was."""

    def __init__(self, room_id: str, host: str) -> None:
        self.room_id = room_id
        self.host = host
        self.under_way = 0
        self.coins = 0
        self.gifts = 0
        self.gifters: set[str] = set()


class Given(NamedTuple):
    """What all viewers know of what they gave."""

    outcomes: dict[UUID, str]
    """The last status that each gift's sender was told; REFUSED too where there is no gift."""
    spent: Counter[str]
    """Coins, by viewer."""


class Steady:
    """Gives."""

    def __init__(
        self,
        asking: Asking,
        givers: Sequence[Giver],
        creators: Sequence[str],
        items: Sequence[GiftItem],
        chance: random.Random,
    ) -> None:
        self._asking = asking
        self._givers = givers
        self._creators = creators
        self._items = items
        self._chance = chance
        self._firsts = Firsts()
        self._stopping = asyncio.Event()
        self.rooms: list[Room] = []
        """Those that are given to; whoever opens and closes them says so here."""
        self.under_way = 0
        self.given = Given({}, Counter())
        self.due_at = array("d")
        """Of each gift that is settled, by the machine's monotonic clock."""
        self.latencies_s = array("d")
        """Of the same ones, until then."""

    async def closed_loop(self, callers: int, seconds: float) -> float:
        """So many callers give for so long; returns how many gifts were settled per second."""
        before, until = len(self.due_at), time.monotonic() + seconds

        async def call() -> None:
            while time.monotonic() < until:
                await self._give(time.monotonic())

        async with asyncio.TaskGroup() as group:
            for _ in range(callers):
                group.create_task(call())
        return (len(self.due_at) - before) / seconds

    async def open_loop(self, rate: float) -> None:
        """Begin so many gifts per second until told to stop, and wait until all are settled."""
        due = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while not self._stopping.is_set():
                group.create_task(self._give(due))
                due += 1 / rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    def stop(self) -> None:
        """Begin no more."""
        self._stopping.set()

    async def next_settled(self) -> float:
        """When the first gift that is due from now on is settled, by the monotonic clock."""
        return await self._firsts.since(time.monotonic())

    async def _give(self, due: float) -> None:
        chance = self._chance
        giver = chance.choice(self._givers)
        item = chance.choice(self._items)
        room = chance.choice(self.rooms) if self.rooms and chance.random() < ROOM_SHARE else None
        creator = room.host if room is not None else chance.choice(self._creators)
        undoes = room is None and chance.random() < UNDO_SHARE
        gift_id = uuid7()
        body = send_gift(
            creator,
            item.item_id,
            item.price_coins,
            gift_id=str(gift_id),
            room_id=None if room is None else room.room_id,
        )
        self.under_way += 1
        if room is not None:
            room.under_way += 1
        answer = await self._asking.until_settled(
            giver.frame.of(body.encode()), {"SENT", "REFUSED"}
        )
        self._settled(due)
        outcome = _outcome(giver, answer)
        if outcome == "SENT" and undoes:
            outcome = await self._undo(giver, gift_id)
        self._book(giver, room, gift_id, outcome, item.price_coins)

    def _settled(self, due: float) -> None:
        now = time.monotonic()
        self.under_way -= 1
        self.due_at.append(due)
        self.latencies_s.append(now - due)
        self._firsts.ended(due, now)

    async def _undo(self, giver: Giver, gift_id: UUID) -> str:
        request = giver.frame.of(undo_gift(str(gift_id)).encode())
        answer = await self._asking.until_settled(request, None)
        if answer["__typename"] == "UndoGiftPayload":
            return "REVERSED"
        # While something is away the moment for it may pass.
        if answer["__typename"] != "RegretOver":
            raise UnansweredError(f"a gift that was SENT cannot be undone: {answer}")
        return "SENT"

    def _book(
        self, giver: Giver, room: Room | None, gift_id: UUID, outcome: str, coins: int
    ) -> None:
        self.given.outcomes[gift_id] = outcome
        if outcome == "SENT":
            self.given.spent[giver.person] += coins
        if room is not None:
            room.under_way -= 1
            if outcome == "SENT":
                room.coins += coins
                room.gifts += 1
                room.gifters.add(giver.person)


def _outcome(giver: Giver, answer: Answer) -> str:
    if answer["__typename"] == "SendGiftPayload" and answer["gift"]["status"] == "SENT":
        return "SENT"
    if not giver.is_poor:
        raise UnansweredError(f"refused to somebody who has coins: {answer}")
    return "REFUSED"
