"""The board of those who gave a creator most, held against what one viewer gave."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from local_stack.client import Client
from local_stack.giving import Sent
from local_stack.waiting import agree


class Board:
    """A creator's, of all time, as one viewer sees it."""

    def __init__(self, client: Client, creator: str, viewer: str, token: str) -> None:
        """`token` is the viewer's."""
        self._client = client
        self._creator = creator
        self._viewer = viewer
        self._token = token
        self._coins_before = 0

    async def note(self) -> None:
        """Remember how many coins of the viewer's are on it before the evening."""
        me = (await self._read())["me"]
        self._coins_before = 0 if me is None else me["coins"]

    async def check(self, sent: Sequence[Sent], shy: Set[str]) -> Sequence[Mapping[str, Any]]:
        """Its places, once it has the evening's gifts.

        Args:
            sent: The evening's, of which nothing of the viewer's was taken back.
            shy: Viewers who have not agreed to be named.

        Raises:
            LocalProblemError: The viewer has another number of coins on it, or it names the shy.
        """
        board = await self._read()
        mine = [gift for gift in sent if gift.viewer == self._viewer]
        tonight = sum(gift.coins for gift in mine if gift.creator == self._creator)
        what = f"{self._viewer}'s coins on {self._creator}'s board"
        agree(what, board["me"]["coins"], self._coins_before + tonight)
        named = {place["user"]["id"] for place in board["nodes"] if place["user"] is not None}
        agree("names of those who did not agree", named & shy, set[str]())
        return board["nodes"]

    async def _read(self) -> Mapping[str, Any]:
        found = await self._client.ask(
            "Leaderboard", self._token, id=self._creator, window="ALL_TIME"
        )
        return found["leaderboard"]
