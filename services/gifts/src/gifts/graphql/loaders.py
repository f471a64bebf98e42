"""Reads that the entities of one request share: one query, however many there are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
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


@dataclass(frozen=True, slots=True)
class Loaders:
    """Made for each request, so that nothing is remembered beyond it."""

    gift: DataLoader[UUID, Gift | None]
    """A gift by its id, whoever's it is: check with `may_see` before showing it."""
    accepts_gifts: DataLoader[str, bool]
    """Whether a creator takes gifts."""
    gifter: DataLoader[str, Gifter | None]
    """How somebody stands as a gifter; None: they never gave anything."""
    name: DataLoader[str, str | None]
    """What a user calls themselves."""
    undone_at: DataLoader[UUID, datetime | None]
    """When its sender asked for a gift to be undone, by the gift's id."""

    @classmethod
    def of(cls, pool: Pool) -> Self:
        """Loaders that read from `pool`."""

        async def gifts(gift_ids: list[UUID]) -> list[Gift | None]:
            async with pool.acquire() as conn:
                stored = await select_gifts(conn, gift_ids)
            return [stored[gift_id].gift if gift_id in stored else None for gift_id in gift_ids]

        async def accepting(creator_ids: list[str]) -> list[bool]:
            async with pool.acquire() as conn:
                found = await select_accepting(conn, creator_ids)
            return [creator_id in found for creator_id in creator_ids]

        async def gifters(user_ids: list[str]) -> list[Gifter | None]:
            async with pool.acquire() as conn:
                found = await select_gifters(conn, user_ids)
            return [found.get(user_id) for user_id in user_ids]

        async def names(user_ids: list[str]) -> list[str | None]:
            async with pool.acquire() as conn:
                found = await select_names(conn, user_ids)
            return [found.get(user_id) for user_id in user_ids]

        async def undone(gift_ids: list[UUID]) -> list[datetime | None]:
            async with pool.acquire() as conn:
                found = await select_undos(conn, gift_ids)
            return [
                asked.asked_at
                if (asked := found.get(gift_id)) is not None and asked.reason == "undo"
                else None
                for gift_id in gift_ids
            ]

        return cls(
            gift=DataLoader(gifts),
            accepts_gifts=DataLoader(accepting),
            gifter=DataLoader(gifters),
            name=DataLoader(names),
            undone_at=DataLoader(undone),
        )
