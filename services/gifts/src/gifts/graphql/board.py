"""Boards of those who gave most."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from chassis import clock
from chassis.graphql import Coins
from gifts.domain import board as domain
from gifts.graphql.context import Info
from gifts.store.board import select_shown, select_top

if TYPE_CHECKING:
    from gifts.graphql.entities import User


@strawberry.enum(description="Which gifts count: those of the window that is running, in UTC.")
class LeaderboardWindow(enum.Enum):
    """Each begins anew when it is over."""

    HOUR = strawberry.enum_value("HOUR", description="From the full hour on.")
    DAY = strawberry.enum_value("DAY", description="From midnight on.")
    WEEK = strawberry.enum_value("WEEK", description="From Monday on.")
    ALL_TIME = strawberry.enum_value("ALL_TIME", description="All that were ever sent.")


@strawberry.type(description="A place among those who gave a creator most.")
class LeaderboardPlace:
    """Of equals the first is who got there first."""

    rank: int = strawberry.field(description="From 1.")
    coins: Coins = strawberry.field(description="What their gifts cost that were not taken back.")
    user: Annotated["User", strawberry.lazy("gifts.graphql.entities")] | None = strawberry.field(
        description="Who gave them; null unless they agreed to be shown."
    )


@strawberry.type(description="Where the caller stands.")
class LeaderboardSelf:
    """Shown to nobody else, so that it needs no consent."""

    rank: int = strawberry.field(
        description="From 1. Far down, who passed whom above is counted once a minute."
    )
    coins: Coins = strawberry.field(description="What their gifts cost that were not taken back.")
    behind_coins: Coins | None = strawberry.field(
        description="What the one before has more: one coin above that takes the place. Null at "
        "the first place."
    )

    @classmethod
    async def on(cls, board: domain.Board, info: Info) -> Self | None:
        """Where the caller stands on a board; None for who gave nothing, or did not sign in."""
        viewer = info.context.viewer
        rank = None if viewer is None else await info.context.ranks.find(board, viewer.sub)
        if rank is None:
            return None
        return cls(
            rank=rank.rank,
            coins=Coins(rank.coins),
            behind_coins=None if rank.behind_coins is None else Coins(rank.behind_coins),
        )


@strawberry.type(description="Who gave a creator most in a window of time.")
class Leaderboard:
    """As it stands."""

    board: strawberry.Private[domain.Board]
    limit: strawberry.Private[int]
    starts_at: datetime | None = strawberry.field(
        description="Gifts count from here on; null with ALL_TIME."
    )
    ends_at: datetime | None = strawberry.field(
        description="And before this: then it begins anew; null with ALL_TIME."
    )

    @strawberry.field(description="The first ones, most first.")
    async def nodes(self, info: Info) -> list[LeaderboardPlace]:
        """Those who did not agree have no name."""
        # A creator has boards and a board has users, who live with creators.
        from gifts.graphql.entities import User

        async with info.context.pool.acquire() as conn:
            top = await select_top(conn, self.board, limit=self.limit)
            shown = await select_shown(conn, [each.user_id for each in top])
        return [
            LeaderboardPlace(
                rank=rank,
                coins=Coins(each.coins),
                user=User(id=strawberry.ID(each.user_id)) if each.user_id in shown else None,
            )
            for rank, each in enumerate(top, 1)
        ]

    @strawberry.field(
        description="Where the caller stands; null for who gave nothing, or did not sign in."
    )
    async def me(self, info: Info) -> LeaderboardSelf | None:
        """By their token."""
        return await LeaderboardSelf.on(self.board, info)

    @classmethod
    def of(cls, creator_id: str, span: LeaderboardWindow, *, limit: int) -> Self:
        """A creator's board of the window that is running now."""
        window = domain.window_of(domain.Span(span.value), clock.now())
        return cls(
            board=domain.Board.of_creator(creator_id, window),
            limit=limit,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
        )
