"""A battle of two rooms: its hosts begin it, and whoever has watched works out what came of it."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

from chassis.ids import uuid7
from local_stack.client import Client
from local_stack.giving import Sent
from local_stack.screen import Frame, Screen
from local_stack.waiting import agree, expect

_GLOVE_CHANCE_PCT: Final = 30
_GLOVE_MULTIPLIER: Final = 5
_GLOVE: Final = timedelta(seconds=30)
"""As the rules of a new system say."""


class Host(NamedTuple):
    """A creator and their live room."""

    name: str
    token: str
    room_id: str


class Glove(NamedTuple):
    """A glove that was used, with what it came to."""

    of: str
    roll: int
    """Of 100; it hits below 30."""
    from_at: datetime
    until_at: datetime


class Result(NamedTuple):
    """What came of a battle."""

    points: Sequence[tuple[str, int]]
    """By host; who proposed it is the first."""
    winner: str | None
    gloves: Sequence[Glove]


class Battle:
    """Between two hosts."""

    def __init__(self, client: Client, left: Host, right: Host) -> None:
        """`left` proposes it to `right`."""
        self._client = client
        self._hosts = (left, right)
        self._id = str(uuid7())
        self._committed = ""

    async def begin(self) -> None:
        """Propose it, and accept it."""
        left, right = self._hosts
        wanted = {"battleId": self._id, "roomId": left.room_id, "rivalRoomId": right.room_id}
        expect(
            await self._client.ask("ProposeBattle", left.token, input=wanted),
            "ProposeBattlePayload",
        )
        accepted = await self._client.ask(
            "AcceptBattle", right.token, input={"battleId": self._id, "roomId": right.room_id}
        )
        expect(accepted, "AcceptBattlePayload")
        self._committed = accepted["battle"]["seedHash"]

    async def use_gloves(self) -> None:
        """Each host tries their luck once."""
        for host in self._hosts:
            use = {"powerUpId": str(uuid7()), "battleId": self._id, "roomId": host.room_id}
            used = await self._client.ask("UsePowerUp", host.token, input=use | {"kind": "GLOVE"})
            expect(used, "UsePowerUpPayload")

    async def result(self, screen: Screen, given: Sequence[Sent]) -> Result:
        """Wait for the result, and hold it against what was given.

        Args:
            screen: Of a viewer in one of the rooms.
            given: All that was given in both rooms, of which nothing was taken back.

        Raises:
            LocalProblemError: The seed is not the one whose hash was told; or rolls, points or the
                winner are not what follows from it and from the gifts.
        """
        shown = await self._shown(screen)
        battle = await self._client.ask("Battle", id=self._id)
        seed = bytes.fromhex(battle["seed"])
        agree("the hash of the seed", sha256(seed).hexdigest(), self._committed)
        gloves = [check_glove(self._id, each, seed, self._hosts) for each in battle["powerUps"]]
        points: list[int] = [side["points"] for side in battle["sides"]]
        for host, side in zip(self._hosts, battle["sides"], strict=True):
            counted = side["points"] + side["laterPoints"]
            agree(f"the points of {host.name}", counted, points_of(host, battle, gloves, given))
        rooms = [host.room_id for host in self._hosts]
        winning = None if points[0] == points[1] else rooms[points[0] < points[1]]
        agree("the winner", battle["winnerRoomId"], winning)
        agree(
            "the result on the screen",
            (shown["winnerRoomId"], [side["points"] for side in shown["sides"]], shown["seed"]),
            (winning, points, battle["seed"]),
        )
        names = {host.room_id: host.name for host in self._hosts} | {None: None}
        by_host = [(host.name, each) for host, each in zip(self._hosts, points, strict=True)]
        return Result(by_host, names[winning], gloves)

    async def _shown(self, screen: Screen) -> Any:  # noqa: ANN401
        """The battle in the first frame that has its result."""

        def ended() -> list[Any]:
            battles = [frame["battle"] for frame in screen.frames if frame["battle"] is not None]
            return [
                each
                for each in battles
                if (each["battleId"], each["status"]) == (self._id, "ENDED")
            ]

        def is_shown(_: Frame) -> bool:
            return bool(ended())

        await screen.shows(is_shown, "the battle has its result")
        return ended()[0]


def check_glove(battle_id: str, used: Any, seed: bytes, hosts: Sequence[Host]) -> Glove:  # noqa: ANN401
    """What a glove came to, by the formula that the schema publishes.

    Raises:
        LocalProblemError: It holds longer or shorter than was rolled.
    """
    message = UUID(battle_id).bytes + used["number"].to_bytes(4) + UUID(used["id"]).bytes
    rolled = int.from_bytes(hmac.digest(seed, message, "sha256")[:8]) * 100 >> 64
    from_at, until_at = (datetime.fromisoformat(used[each]) for each in ("fromAt", "untilAt"))
    holds = _GLOVE if rolled < _GLOVE_CHANCE_PCT else timedelta(0)
    agree(f"how long power-up {used['number']} holds", until_at - from_at, holds)
    (of,) = [host.name for host in hosts if host.room_id == used["roomId"]]
    return Glove(of, rolled, from_at, until_at)


def points_of(host: Host, battle: Any, gloves: Sequence[Glove], given: Sequence[Sent]) -> int:  # noqa: ANN401
    """What a host's side comes to, by when its gifts were charged."""
    began, ends = (datetime.fromisoformat(battle[each]) for each in ("startedAt", "endsAt"))
    mine = [glove for glove in gloves if glove.of == host.name]
    return sum(
        gift.coins
        * (
            _GLOVE_MULTIPLIER
            if any(glove.from_at <= gift.sent_at < glove.until_at for glove in mine)
            else 1
        )
        for gift in given
        if gift.room_id == host.room_id and began <= gift.sent_at < ends
    )
