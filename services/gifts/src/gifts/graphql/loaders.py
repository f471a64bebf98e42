"""Reads that the entities of one request share: one query, however many there are."""

from datetime import datetime
from functools import cached_property
from uuid import UUID

from strawberry.dataloader import DataLoader

from chassis.db import Pool
from gifts.domain.gift import Gift
from gifts.domain.gifter import Gifter
from gifts.store.creator import select_accepting
from gifts.store.gift import select_gifts
from gifts.store.gifter import select_gifters
from gifts.store.undo import select_undos
from gifts.store.user_name import select_names


class Loaders:
    """Made for each request, so that nothing is remembered beyond it.

    Each is made when it is first asked for: most requests need none or one.
    """

    def __init__(self, pool: Pool) -> None:
        """`pool`: what they read from."""
        self._pool = pool

    @cached_property
    def gift(self) -> DataLoader[UUID, Gift | None]:
        """A gift by its id, whoever's it is: check with `may_see` before showing it."""
        return DataLoader(self._gifts)

    @cached_property
    def accepts_gifts(self) -> DataLoader[str, bool]:
        """Whether a creator takes gifts."""
        return DataLoader(self._accepting)

    @cached_property
    def gifter(self) -> DataLoader[str, Gifter | None]:
        """How somebody stands as a gifter; None: they never gave anything."""
        return DataLoader(self._gifters)

    @cached_property
    def name(self) -> DataLoader[str, str | None]:
        """What a user calls themselves."""
        return DataLoader(self._names)

    @cached_property
    def undone_at(self) -> DataLoader[UUID, datetime | None]:
        """When its sender asked for a gift to be undone, by the gift's id."""
        return DataLoader(self._undone)

    async def _gifts(self, gift_ids: list[UUID]) -> list[Gift | None]:
        async with self._pool.acquire() as conn:
            stored = await select_gifts(conn, gift_ids)
        return [stored[gift_id].gift if gift_id in stored else None for gift_id in gift_ids]

    async def _accepting(self, creator_ids: list[str]) -> list[bool]:
        async with self._pool.acquire() as conn:
            found = await select_accepting(conn, creator_ids)
        return [creator_id in found for creator_id in creator_ids]

    async def _gifters(self, user_ids: list[str]) -> list[Gifter | None]:
        async with self._pool.acquire() as conn:
            found = await select_gifters(conn, user_ids)
        return [found.get(user_id) for user_id in user_ids]

    async def _names(self, user_ids: list[str]) -> list[str | None]:
        async with self._pool.acquire() as conn:
            found = await select_names(conn, user_ids)
        return [found.get(user_id) for user_id in user_ids]

    async def _undone(self, gift_ids: list[UUID]) -> list[datetime | None]:
        async with self._pool.acquire() as conn:
            found = await select_undos(conn, gift_ids)
        return [
            asked.asked_at
            if (asked := found.get(gift_id)) is not None and asked.reason == "undo"
            else None
            for gift_id in gift_ids
        ]
