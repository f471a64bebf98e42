"""Viewers who give, creators who receive, live rooms, and the gifts that pass between them."""

import random
import secrets
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from chassis import clock
from chassis.db import Pool, transaction
from chassis.ids import uuid7
from gifts.commands.accept_gifts import accept_gifts
from gifts.commands.close_room import close_room
from gifts.commands.open_room import open_room
from gifts.commands.send_gifts import NewGift
from gifts.domain.catalogue import Catalogue, GiftItem
from gifts.domain.eligibility import Payer
from gifts.domain.gift import GiftOrder, accept_order, body_hash
from gifts.domain.room import Goal, RoomOrder, accept_room
from gifts.domain.room_rules import RoomRules
from gifts.store.catalogue import select_catalogues

DEAREST_COINS = 30
"""What most gifts cost at most; dearer ones would only end the viewers' coins sooner."""


class Giving(msgspec.Struct):
    """Who gives to whom."""

    viewers: list[str]
    creators: list[str]
    """The first one is the star."""
    star_share: float
    """Of all gifts."""
    trace_ratio: float
    """Share of gifts whose trace is kept."""
    rooms: dict[str, str] = {}
    """Live rooms by their hosts, who are given to there, and not by a video."""


def people(kind: str, count: int) -> list[str]:
    """Ids of `count` people of a kind, such as `viewer-00042`."""
    return [f"{kind}-{number:05d}" for number in range(count)]


async def open_to_gifts(gifts: Pool, creators: Sequence[str]) -> None:
    """Let creators be sent gifts."""
    async with transaction(gifts) as conn:
        for creator in creators:
            await accept_gifts(conn, creator, accept=True, at=clock.now())


async def open_rooms(gifts: Pool, hosts: Sequence[str]) -> dict[str, str]:
    """Open a live room for each; their ids by host."""
    order = RoomOrder(
        room_id=uuid7(), creator_id="", title="Tonight", goal=Goal(coins=1_000_000_000)
    )
    catalogue = await read_catalogue(gifts)
    opened: dict[str, str] = {}
    async with transaction(gifts) as conn:
        for host in hosts:
            room_id = uuid7()
            wanted = msgspec.structs.replace(order, room_id=room_id, creator_id=host)
            room = accept_room(wanted, catalogue, at=clock.now())
            await open_room(conn, room, RoomRules())
            opened[host] = str(room_id)
    return opened


async def close_rooms(gifts: Pool, rooms: Mapping[str, str]) -> None:
    """Close live rooms, by host."""
    for host, room_id in rooms.items():
        async with transaction(gifts) as conn:
            await close_room(conn, UUID(room_id), host, RoomRules(), at=clock.now())


async def read_catalogue(gifts: Pool) -> Catalogue:
    """The catalogue in force."""
    now = clock.now()
    async with gifts.acquire() as conn:
        catalogue = (await select_catalogues(conn, at=now)).in_force(now)
    assert catalogue is not None, "the seed publishes one"
    return catalogue


def cheap_items(catalogue: Catalogue) -> list[GiftItem]:
    """The items of up to `DEAREST_COINS`."""
    return [item for item in catalogue.items if item.price_coins <= DEAREST_COINS]


def new_gift(
    sender: str,
    creator: str,
    item: GiftItem,
    catalogue: Catalogue | None,
    traceparent: str | None = None,
    *,
    room_id: str | None = None,
) -> NewGift:
    """One piece of an item, as the gifts api makes a gift of what a viewer asks for."""
    order = GiftOrder(
        gift_id=uuid7(),
        sender_id=sender,
        creator_id=creator,
        item_id=item.item_id,
        count=1,
        target_kind="video" if room_id is None else "room",
        target_id=room_id or "v1",
        quoted_price_coins=item.price_coins,
    )
    gift = accept_order(order, catalogue, at=clock.now())
    return NewGift(gift, body_hash(order), Payer("US", "adult"), traceparent)


class Giver:
    """Lets viewers give at random."""

    def __init__(self, giving: Giving) -> None:
        self._giving = giving
        self._random = random.Random(1)
        self._catalogue: Catalogue | None = None
        self._items: Sequence[GiftItem] = ()

    async def read_catalogue(self, gifts: Pool) -> None:
        """Get to know what is on sale."""
        self._catalogue = await read_catalogue(gifts)
        self._items = cheap_items(self._catalogue)

    def some(self, count: int) -> list[NewGift]:
        """New gifts, each with an id of its own."""
        return [self._one() for _ in range(count)]

    def _one(self) -> NewGift:
        giving, chance = self._giving, self._random.random
        star = chance() < giving.star_share
        creator = giving.creators[0 if star else 1 + int(chance() * (len(giving.creators) - 1))]
        return new_gift(
            giving.viewers[int(chance() * len(giving.viewers))],
            creator,
            self._items[int(chance() * len(self._items))],
            self._catalogue,
            self._traceparent(),
            room_id=giving.rooms.get(creator),
        )

    def _traceparent(self) -> str | None:
        if self._random.random() >= self._giving.trace_ratio:
            return None
        return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
