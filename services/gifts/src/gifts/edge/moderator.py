"""What a process keeps to judge what senders write and what they call themselves."""

import asyncio
from typing import Final

from chassis.db import Conn, Pool
from gifts.commands.send_gifts import NewName
from gifts.domain.display_name import display_name
from gifts.domain.word_list import Hit, WordList
from gifts.edge.cached import Cached
from gifts.store.word_list import find_newer

NAMES_MAX: Final = 50_000
"""Of which it is remembered that they are stored."""
NAME_FRESH_S: Final = 600.0
"""After this time a name is stored anew, in case another process has stored another."""


class Moderator:
    """Of an api process: the word list that counts, and which names are stored."""

    def __init__(self, pool: Pool) -> None:
        self._words = Cached(pool, self._read_words)
        self._newest: WordList | None = None
        self._names: dict[str, tuple[str, float]] = {}

    async def judge(self, message: str | None) -> Hit | None:
        """Why a message is withheld, if it is."""
        if message is None:
            return None
        words = await self._words.get()
        return None if words is None else words.find(message)

    async def new_name(self, user_id: str, claimed: str | None) -> NewName | None:
        """What is to be stored as a sender's name; None: nothing, as their token says nothing new.

        Args:
            user_id: The sender.
            claimed: What their token says that they are called.
        """
        if claimed is None:
            return None
        known, stale_at = self._names.get(user_id, (None, 0.0))
        if known == claimed and asyncio.get_running_loop().time() < stale_at:
            return None
        return NewName(display_name(claimed, await self._words.get()))

    def note_stored(self, user_id: str, claimed: str) -> None:
        """What a token says of a name is stored, whatever of it can be shown."""
        self._names.pop(user_id, None)
        if len(self._names) >= NAMES_MAX:
            # First in, first out: the oldest entry is the nearest to being stale.
            del self._names[next(iter(self._names))]
        self._names[user_id] = (claimed, asyncio.get_running_loop().time() + NAME_FRESH_S)

    async def _read_words(self, conn: Conn) -> WordList | None:
        # A list that is known is kept: reading its terms and preparing them to be searched holds
        # up all requests, for milliseconds where there are thousands.
        known = 0 if self._newest is None else self._newest.version
        self._newest = await find_newer(conn, known) or self._newest
        return self._newest
