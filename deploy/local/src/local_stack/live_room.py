"""The star's live room, as a viewer's screen shows it, held against what was given in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from local_stack.battling import Result
from local_stack.client import Client
from local_stack.giving import Sent
from local_stack.problem import LocalProblemError
from local_stack.screen import Frame, Screen
from local_stack.waiting import agree

_SHOWN_TOP = 10


class Streak(NamedTuple):
    """Taps of one viewer on one item."""

    pieces: int
    lines: int
    """In how many frames it moved."""


class Shown(NamedTuple):
    """What the screen has shown, now that the room is closed."""

    frames: int
    pieces: int
    coins: int
    gifts: int
    gifters: int
    goal_coins: int
    goal_reached_at: str
    streaks: int
    """How many were shown, each with one end."""
    taps: Streak
    """The one that a viewer was told to tap."""
    top: Sequence[tuple[int, int, str]]
    """Rank, coins and who."""
    battle: Result


class LiveRoom:
    """One room, its screen, and the comparisons."""

    def __init__(self, client: Client, room_id: str) -> None:
        self._client = client
        self.room_id = room_id
        self.screen = Screen(client, room_id)

    async def shows_all(self, given: Sequence[Sent]) -> None:
        """Wait until the screen shows as much as was given so far; nothing of it was taken back.

        Raises:
            LocalProblemError: It does not in time, or shows something else.
        """
        totals = totals_of(given)

        def is_all(newest: Frame) -> bool:
            return newest["totals"]["coins"] >= totals["coins"]

        newest = await self.screen.shows(is_all, "all that was given is on the screen")
        agree("the totals on the screen", newest["totals"], totals)
        agree("the goal on the screen", newest["goal"]["reachedCoins"], totals["coins"])

    async def end(
        self,
        given: Sequence[Sent],
        summary: Mapping[str, int],
        tapped: Sequence[Sent],
        battle: Result,
    ) -> Shown:
        """Hold everything against everything, once the room is closed.

        Args:
            given: All that was given in the room, of which nothing was taken back.
            summary: What closing the room told.
            tapped: Those of them that a viewer tapped, one after another; nobody else gave their
                item in the room.
            battle: What came of the room's battle.

        Raises:
            LocalProblemError: Something does not agree.
        """
        last = await self.screen.shows(
            lambda newest: newest["status"] == "CLOSED", "the screen shows that the room is closed"
        )
        totals = totals_of(given)
        agree("the summary of the room", summary, totals)
        agree("the last frame's totals", last["totals"], totals)
        pieces = check_frames(self.screen, given)
        if last["goal"]["reachedAt"] is None:
            raise LocalProblemError(f"the goal was not reached: {last['goal']}")
        return Shown(
            frames=len(self.screen.frames),
            pieces=pieces,
            **totals,
            goal_coins=last["goal"]["targetCoins"],
            goal_reached_at=last["goal"]["reachedAt"],
            streaks=check_ends(self.screen),
            taps=check_taps(self.screen, tapped),
            top=await self._check_top(last, given),
            battle=battle,
        )

    async def _check_top(self, last: Frame, given: Sequence[Sent]) -> list[tuple[int, int, str]]:
        coins: Counter[str] = Counter()
        for gift in given:
            coins[gift.viewer] += gift.coins
        shown = [each["coins"] for each in last["topGifters"]]
        agree("the top gifters' coins", shown, [n for _, n in coins.most_common(_SHOWN_TOP)])
        room: Any = await self._client.ask("Room", id=self.room_id)
        agree("the number of the last frame", last["seq"], room["seq"])
        nodes = room["topGifters"]["nodes"]
        agree("the top gifters' coins in the room", [each["coins"] for each in nodes], shown)
        return [
            (each["rank"], each["coins"], each["user"]["id"] if each["user"] else "somebody")
            for each in nodes
        ]


def totals_of(given: Sequence[Sent]) -> dict[str, int]:
    """What a room adds up to in which just this was given."""
    return {
        "coins": sum(gift.coins for gift in given),
        "gifts": len(given),
        "gifters": len({gift.viewer for gift in given}),
    }


def check_frames(screen: Screen, given: Sequence[Sent]) -> int:
    """Every piece is in one frame, and no frame is missing; returns how many pieces.

    Raises:
        LocalProblemError: It is not so.
    """
    agree("totals in the first snapshot", screen.first["totals"], totals_of(()))
    told = screen.newest["seq"] - screen.first["seq"]
    agree("how many frames were shown", len(screen.frames), told)
    more = sum(frame["moreGifts"] for frame in screen.frames)
    pieces = sum(screen.pieces().values()) + more
    agree("pieces in all frames", pieces, sum(gift.pieces for gift in given))
    return pieces


def check_ends(screen: Screen) -> int:
    """Every streak that was shown has one end, in its last line; returns how many were.

    Raises:
        LocalProblemError: It is not so.
    """
    streaks = screen.streaks()
    for streak_id, lines in streaks.items():
        ends = [line["streakEnded"] for line in lines]
        agree(f"the ends of streak {streak_id}", (sum(ends), ends[-1]), (1, True))
    return len(streaks)


def check_taps(screen: Screen, tapped: Sequence[Sent]) -> Streak:
    """The streak of an item that only one viewer gave is as long as they tapped.

    A slow machine may tap too slowly for one: then they are several, and this is the longest.

    Raises:
        LocalProblemError: It is not so.
    """
    (item_id,) = {gift.item_id for gift in tapped}
    mine = [lines for lines in screen.streaks().values() if lines[0]["itemId"] == item_id]
    told = [(lines[-1]["streakCount"], sum(line["count"] for line in lines)) for lines in mine]
    agree("pieces of a streak", [last for last, _ in told], [pieces for _, pieces in told])
    agree("taps", sum(last for last, _ in told), sum(gift.pieces for gift in tapped))
    longest = max(mine, key=lambda lines: lines[-1]["streakCount"])
    return Streak(longest[-1]["streakCount"], len(longest))
