"""Levels of gifters, and what they take."""

from datetime import datetime
from typing import Self

import strawberry

from chassis import clock
from chassis.graphql import AUDITOR, Coins, require_owner, requires_scope
from gifts.domain import gifter as domain
from gifts.domain import level_table
from gifts.graphql.context import Info
from gifts.graphql.item import GiftItem


@strawberry.type(description="How far somebody has come as a gifter.")
class GifterLevel:
    """Anyone may see the level; the points only they themselves."""

    gifter: strawberry.Private[domain.Gifter]
    level: int = strawberry.field(
        description="By the points of all gifts that were not taken back, or for some days a "
        "higher one that was reached before; 0 before the first."
    )
    next_level_at: Coins | None = strawberry.field(
        description="The points that the next level takes; null at the last one."
    )
    table_version: int = strawberry.field(description="Of the level table that says so.")

    @strawberry.field(
        description="A point for each coin of all gifts ever sent, without what was taken back; "
        "the gifter's and auditors' only.",
        extensions=[requires_scope("viewer", AUDITOR)],
    )
    def points(self, info: Info) -> Coins | None:
        """What the level follows from."""
        require_owner(info.context, self.gifter.user_id, AUDITOR)
        return Coins(self.gifter.points)

    @classmethod
    async def find(cls, info: Info, user_id: str) -> Self | None:
        """Somebody's level; None as long as there is no table."""
        at = clock.now()
        table = (await info.context.level_tables.get()).in_force(at)
        if table is None:
            return None
        gifter = await info.context.loaders.gifter.load(user_id)
        gifter = gifter or domain.Gifter(user_id, 0, 0, None)
        level = domain.level_at(gifter, table, at)
        return cls(
            gifter=gifter,
            level=level,
            next_level_at=points_or_none(level_table.next_step(table.gifter_points, level)),
            table_version=table.version,
        )


@strawberry.type(description="A level, and from which points it is reached.")
class LevelStep:
    """Of a ladder."""

    level: int = strawberry.field(description="From 1.")
    points: Coins = strawberry.field(description="What it takes.")


@strawberry.type(
    description="What levels take, of gifters and in fan clubs; published as a whole and never "
    "changed afterwards."
)
class LevelTable:
    """The version in force."""

    version: int = strawberry.field(description="Rises with each publication.")
    effective_from: datetime = strawberry.field(description="Since when it is in force.")
    gifter_levels: list[LevelStep] = strawberry.field(description="Of gifters, lowest first.")
    kept_days: int = strawberry.field(
        description="A gifter keeps a level that they reached for so long, whatever is taken back."
    )
    fan_club_levels: list[LevelStep] = strawberry.field(
        description="Of members of fan clubs, lowest first."
    )
    fan_club_active_days: int = strawberry.field(
        description="A member of a fan club who gave nothing since before a live has so long after "
        "its end to give something; then the membership lapses."
    )
    fan_club_decay_days: int = strawberry.field(
        description="A membership that lapses loses points, and again each time this is over."
    )
    fan_club_decay_keeps_pct: int = strawberry.field(
        description="What is left of the points each time, in per cent."
    )
    club_item_id: strawberry.Private[str]

    @strawberry.field(description="Who gives it joins the creator's fan club.")
    async def fan_club_item(self, info: Info) -> GiftItem | None:
        """As it is sold now."""
        return await GiftItem.resolve_reference(info, self.club_item_id)

    @classmethod
    async def find(cls, info: Info) -> Self | None:
        """The table in force; None before the first."""
        table = (await info.context.level_tables.get()).in_force(clock.now())
        if table is None:
            return None
        return cls(
            version=table.version,
            effective_from=table.effective_from,
            gifter_levels=_steps(table.gifter_points),
            kept_days=table.kept_days,
            fan_club_levels=_steps(table.club_points),
            fan_club_active_days=table.club_active_days,
            fan_club_decay_days=table.club_decay_days,
            fan_club_decay_keeps_pct=table.club_decay_keeps_pct,
            club_item_id=table.club_item_id,
        )


def points_or_none(points: int | None) -> Coins | None:
    """Points as clients see them."""
    return None if points is None else Coins(points)


def _steps(steps: tuple[int, ...]) -> list[LevelStep]:
    return [LevelStep(level=level, points=Coins(points)) for level, points in enumerate(steps, 1)]
