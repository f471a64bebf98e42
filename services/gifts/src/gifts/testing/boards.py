"""Boards for tests: who agreed to be named, and a slow and obvious model of who stands where."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis import clock
from chassis.db import Pool, transaction
from gifts.commands.show_on_boards import show_on_boards
from gifts.domain.board import Board, Placed, Span, window_of
from gifts.domain.gift import Gift
from gifts.store.board import select_top


async def agree(pool: Pool, *user_ids: str, show: bool = True) -> None:
    """Let gifters be named, or no longer."""
    async with transaction(pool) as conn:
        for user_id in user_ids:
            await show_on_boards(conn, user_id, show=show, at=clock.now())


async def stored_board(
    pool: Pool, creator_id: str, span: Span, at: datetime, *, limit: int = 1_000
) -> list[Placed]:
    """A creator's board of the window that a moment is in."""
    async with pool.acquire() as conn:
        return await select_top(
            conn, Board.of_creator(creator_id, window_of(span, at)), limit=limit
        )


@dataclass
class ModelBoards:
    """What happened to gifts, in order; every board is made of all of it each time anew."""

    changes: list[tuple[Gift, datetime, int]] = field(
        default_factory=list[tuple[Gift, datetime, int]]
    )
    """The gift, when it was charged, and coins: negative where they were taken back."""
    early: dict[UUID, int] = field(default_factory=dict[UUID, int])
    """Coins taken back of gifts that are not settled yet."""
    charged_at: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])

    def settle(self, gifts: Sequence[tuple[Gift, datetime]]) -> None:
        """Gifts were charged; what waited for them follows."""
        for gift, charged_at in gifts:
            self.charged_at[gift.gift_id] = charged_at
            self.changes.append((gift, charged_at, gift.price_coins))
        for gift, _ in gifts:
            if early := self.early.pop(gift.gift_id, 0):
                self.take(gift, early)

    def take(self, gift: Gift, coins: int) -> None:
        """Coins were taken back of a gift, or given back where negative."""
        charged_at = self.charged_at.get(gift.gift_id)
        if charged_at is None:
            self.early[gift.gift_id] = self.early.get(gift.gift_id, 0) + coins
        else:
            self.changes.append((gift, charged_at, -coins))

    def board(self, creator_id: str, span: Span, at: datetime) -> list[tuple[str, int]]:
        """Users and coins in the window that a moment is in, the first one first.

        Those who gave in a later window are on its board, and no more on this one.
        """
        window = window_of(span, at)
        coins: dict[str, int] = {}
        reached: dict[str, int] = {}
        later: set[str] = set()
        for when, (gift, charged_at, change) in enumerate(self.changes):
            if gift.creator_id != creator_id:
                continue
            if window.ends_at is not None and charged_at >= window.ends_at:
                later.add(gift.sender_id)
            elif window.starts_at is None or charged_at >= window.starts_at:
                coins[gift.sender_id] = coins.get(gift.sender_id, 0) + change
                reached[gift.sender_id] = when
        return sorted(
            ((user, total) for user, total in coins.items() if total and user not in later),
            key=lambda each: (-each[1], reached[each[0]]),
        )
