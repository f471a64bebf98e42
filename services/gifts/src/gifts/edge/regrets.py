"""Lets senders undo gifts."""

from datetime import datetime
from uuid import UUID

from chassis import clock, telemetry
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from gifts.commands.undo_gift import undo_gift
from gifts.domain import regret
from gifts.domain.gift import Gift
from gifts.domain.room_rules import RoomRules


class Regrets:
    """What `undoGift` does, without GraphQL."""

    def __init__(self, pool: Pool, rules: RoomRules, *, now: Clock = clock.now) -> None:
        self._pool = pool
        self._window = rules.regret_window
        self._now = now

    async def undo(self, gift_id: UUID, sender_id: str) -> Gift:
        """Undo a gift: see `undo_gift`."""

        async def work(conn: Conn) -> Gift:
            return await undo_gift(
                conn,
                gift_id,
                sender_id,
                self._window,
                at=self._now(),
                traceparent=telemetry.current_traceparent(),
            )

        return await transact(self._pool, work)

    def undoable_until(self, gift: Gift) -> datetime | None:
        """Until when a gift may be undone, if nobody has: see `regret.undoable_until`."""
        return regret.undoable_until(gift, self._window, at=self._now())
