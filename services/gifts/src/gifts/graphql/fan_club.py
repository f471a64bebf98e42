"""Fan clubs of creators."""

from datetime import datetime
from typing import Self

import strawberry

from chassis import clock
from chassis.graphql import BigInt, Coins
from gifts.domain.fan_club import Standing
from gifts.domain.level_table import LevelTable, next_step
from gifts.graphql.context import Info
from gifts.graphql.item import GiftItem
from gifts.graphql.level import points_or_none
from gifts.store.board import find_coins
from gifts.store.fan_club import count_members, select_standings


@strawberry.type(description="The caller's membership in a fan club.")
class FanClubMembership:
    """Shown to nobody else."""

    is_active: bool = strawberry.field(
        description="Whether they are a member now; false where the membership has lapsed, or the "
        "gift by which it began was taken back."
    )
    joined_at: datetime = strawberry.field(description="When they joined last.")
    active_until: datetime | None = strawberry.field(
        description="When the membership lapses, or has lapsed, unless they give something before; "
        "null as long as no live has ended that began after they gave something."
    )
    points: Coins = strawberry.field(
        description="A point for each coin of all that they ever gave the creator, without what "
        "was taken back, and what was lost by lapsing."
    )
    level: int = strawberry.field(description="What the points are worth, from 1.")
    next_level_at: Coins | None = strawberry.field(
        description="The points that the next level takes; null at the last one."
    )

    @classmethod
    def of(cls, standing: Standing, coins: int, table: LevelTable, at: datetime) -> Self:
        """A membership as the member sees it, who has given so many coins."""
        points = standing.points(coins, table, at)
        level = table.club_level(points)
        return cls(
            is_active=standing.is_active(table, at),
            joined_at=standing.member.joined_at,
            active_until=standing.lapses_at(table),
            points=Coins(points),
            level=level,
            next_level_at=points_or_none(next_step(table.club_points, level)),
        )


@strawberry.type(description="Those who gave a creator the club's item, and stay active.")
class FanClub:
    """As it stands."""

    creator_id: strawberry.Private[str]
    table: strawberry.Private[LevelTable]

    @strawberry.field(description="Who gives it to the creator joins.")
    async def item(self, info: Info) -> GiftItem | None:
        """As it is sold now."""
        return await GiftItem.resolve_reference(info, self.table.club_item_id)

    @strawberry.field(description="How many are members now.")
    async def members(self, info: Info) -> BigInt:
        """Counted anew."""
        async with info.context.pool.acquire() as conn:
            count = await count_members(
                conn, self.creator_id, lives_ended_by=clock.now() - self.table.club_active
            )
        return BigInt(count)

    @strawberry.field(
        description="The caller's membership; null for who never joined, or did not sign in."
    )
    async def me(self, info: Info) -> FanClubMembership | None:
        """As it stands."""
        viewer = info.context.viewer
        if viewer is None:
            return None
        async with info.context.pool.acquire() as conn:
            standings = await select_standings(conn, [(self.creator_id, viewer.sub)])
            coins = await find_coins(conn, self.creator_id, viewer.sub)
        for standing in standings:
            return FanClubMembership.of(standing, coins, self.table, clock.now())
        return None

    @classmethod
    async def find(cls, info: Info, creator_id: str) -> Self | None:
        """A creator's club; None as long as there is no level table."""
        table = (await info.context.level_tables.get()).in_force(clock.now())
        return None if table is None else cls(creator_id=creator_id, table=table)
