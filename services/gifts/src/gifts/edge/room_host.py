"""Opens and closes live rooms for their hosts."""

from uuid import UUID

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from chassis.operators import Act
from gifts.commands.accept_room_gifts import accept_room_gifts
from gifts.commands.close_room import close_room
from gifts.commands.keep_room_open import keep_room_open
from gifts.commands.open_room import Opened, open_room
from gifts.commands.remove_message import remove_message
from gifts.commands.show_message import show_message
from gifts.domain.eligibility import check_eligible
from gifts.domain.message import GiftMessage
from gifts.domain.refusals import DomainError
from gifts.domain.room import Room, RoomOrder, accept_room, body_hash
from gifts.domain.room_rules import RoomRules
from gifts.edge.catalogue import CatalogueCache
from gifts.store.room import find_room


class RoomHost:
    """What hosts do with rooms, and operators with messages in them, without GraphQL."""

    def __init__(
        self,
        pool: Pool,
        rules: RoomRules,
        *,
        catalogues: CatalogueCache,
        now: Clock = clock.now,
    ) -> None:
        self._pool = pool
        self._rules = rules
        self._catalogues = catalogues
        self._now = now

    async def open(
        self, order: RoomOrder, *, age_verified: bool, account_kind: str | None
    ) -> Opened:
        """Open a room once.

        The same order again gives the first result, as it stands now, even where the order would be
        refused today.

        Raises:
            MalformedError: A value that no client should send.
            DomainError: One of the refusals of `check_eligible`, `accept_room`, `open_room`.
        """
        now = self._now()
        try:
            check_eligible(age_verified=age_verified, account_kind=account_kind)
            room = accept_room(order, (await self._catalogues.get()).in_force(now), at=now)
        except DomainError:
            earlier = await self._find(order)
            if earlier is None:
                raise
            return earlier

        async def work(conn: Conn) -> Opened:
            return await open_room(conn, room, self._rules)

        return await transact(self._pool, work)

    async def close(self, room_id: UUID, creator_id: str) -> Room:
        """Close a room: see `close_room`."""

        async def work(conn: Conn) -> Room:
            return await close_room(conn, room_id, creator_id, self._rules, at=self._now())

        return await transact(self._pool, work)

    async def keep_open(self, room_id: UUID, creator_id: str) -> Room:
        """Note a sign of life: see `keep_room_open`."""

        async def work(conn: Conn) -> Room:
            return await keep_room_open(conn, room_id, creator_id, self._rules, at=self._now())

        return await transact(self._pool, work)

    async def accept_gifts(self, room_id: UUID, creator_id: str, *, accept: bool) -> Room:
        """Switch gifts to a room on or off: see `accept_room_gifts`."""

        async def work(conn: Conn) -> Room:
            return await accept_room_gifts(conn, room_id, creator_id, accept=accept)

        return await transact(self._pool, work)

    async def remove_message(self, gift_id: UUID, act: Act) -> GiftMessage:
        """Remove the message of a gift, wherever it was sent to: see `remove_message`."""

        async def work(conn: Conn) -> GiftMessage:
            return await remove_message(conn, gift_id, act, self._rules)

        return await transact(self._pool, work)

    async def show_message(self, gift_id: UUID, act: Act) -> GiftMessage:
        """Show the message of a gift again: see `show_message`."""

        async def work(conn: Conn) -> GiftMessage:
            return await show_message(conn, gift_id, act)

        return await transact(self._pool, work)

    async def _find(self, order: RoomOrder) -> Opened | None:
        """The room that this very order opened before."""
        async with self._pool.acquire() as conn:
            room = await find_room(conn, order.room_id)
        if room is None or room.body_hash != body_hash(order):
            return None
        return Opened(room, replayed=True)
