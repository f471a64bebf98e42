"""Live rooms."""

import enum
from collections.abc import Collection
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from chassis import clock
from chassis.graphql import After, Before, BigInt, Coins, Connection, First, Last, Page
from gifts.commands.tell_trains import TRAIN_GIFTERS_SHOWN
from gifts.domain import room as domain
from gifts.domain.board import Board
from gifts.domain.room_top import ranked
from gifts.graphql.battle import Battle
from gifts.graphql.board import LeaderboardSelf
from gifts.graphql.context import Info
from gifts.graphql.entities import Creator, User
from gifts.graphql.item import GiftItem
from gifts.graphql.train import RoomTrain
from gifts.store import train as trains
from gifts.store.battle import (
    newest_battles,
    rules_in_force,
    select_battles,
    select_invitations,
)
from gifts.store.board import select_named
from gifts.store.room import find_room
from gifts.store.room_gifter import select_top
from gifts.store.room_gifts import select_accepting

TOP_MAX = 100
"""Gifters of a room that have a rank."""
INVITATIONS_MAX = 20
"""To battles that a room shows."""


@strawberry.enum(description="Whether gifts can be sent to a room.")
class RoomStatus(enum.Enum):
    """OPEN ends in CLOSED."""

    OPEN = strawberry.enum_value("OPEN", description="Gifts can be sent to it.")
    CLOSED = strawberry.enum_value("CLOSED", description="Closed for good.")


@strawberry.type(description="What a room's host hopes for: coins, or pieces of an item.")
class RoomGoal:
    """Goes back when a gift is taken back while the room is open."""

    target_coins: Coins | None = strawberry.field(description="Null with a goal of an item.")
    reached_coins: Coins = strawberry.field(description="0 with a goal of an item.")
    target_count: BigInt | None = strawberry.field(
        description="Pieces of the item; null with a goal of coins."
    )
    reached_count: BigInt = strawberry.field(description="Pieces given; 0 with a goal of coins.")
    reached_at: datetime | None = strawberry.field(
        description="When it was reached; null while it is not."
    )
    item_id: strawberry.Private[str | None]

    @strawberry.field(description="The item; null with a goal of coins.")
    async def item(self, info: Info) -> GiftItem | None:
        """As it is sold now."""
        if self.item_id is None:
            return None
        return await GiftItem.resolve_reference(info, self.item_id)

    @classmethod
    def of(cls, room: domain.Room) -> Self | None:
        """The goal of a room, if it has one."""
        goal = room.goal
        if goal is None:
            return None
        of_coins, reached = goal.item_id is None, room.goal_reached
        return cls(
            target_coins=Coins(goal.target) if of_coins else None,
            reached_coins=Coins(reached if of_coins else 0),
            target_count=None if of_coins else BigInt(goal.target),
            reached_count=BigInt(0 if of_coins else reached),
            reached_at=room.goal_reached_at,
            item_id=goal.item_id,
        )


@strawberry.type(description="All that was given in a room and not taken back.")
class RoomSummary:
    """Follows what is taken back, also after the room has closed."""

    coins: Coins = strawberry.field(description="What the gifts cost.")
    gifts: BigInt = strawberry.field(description="Gifts of which anything is left.")
    gifters: BigInt = strawberry.field(description="People who gave them.")


@strawberry.type(description="A place among those who gave most in a room.")
class RoomGifter:
    """Of equals the first is who got there first."""

    rank: int = strawberry.field(description="From 1.")
    coins: Coins = strawberry.field(description="What their gifts cost that were not taken back.")
    user: User | None = strawberry.field(
        description="Who gave them; null unless they agreed to be shown."
    )

    @classmethod
    def of(cls, gifter: domain.Gifter, shown: Collection[str]) -> Self:
        """The gifter as clients see it; `shown` agreed to be."""
        return cls(
            rank=gifter.rank,
            coins=Coins(gifter.coins),
            user=User(id=strawberry.ID(gifter.user_id)) if gifter.user_id in shown else None,
        )


@strawberry.type(description="A page of those who gave most in a room; a hundred have a rank.")
class RoomGifterConnection(Connection[RoomGifter]):
    """Of one room."""

    room_id: strawberry.Private[UUID]

    @strawberry.field(
        description="Where the caller stands; null for who gave nothing, or did not sign in."
    )
    async def me(self, info: Info) -> LeaderboardSelf | None:
        """Of all, not only of the first hundred."""
        return await LeaderboardSelf.on(Board.of_room(self.room_id), info)


@strawberry.federation.type(
    keys=["id"], description="Where a creator is live. Gifts are sent to it while it is open."
)
class Room:
    """Anyone may look."""

    id: UUID = strawberry.field(description="Made by the host's client.")
    status: RoomStatus = strawberry.field(description="Whether gifts can be sent to it.")
    title: str = strawberry.field(description="What its host called it.")
    host: Creator = strawberry.field(description="Whose it is, and who receives the gifts.")
    opened_at: datetime = strawberry.field(description="When it was opened.")
    closed_at: datetime | None = strawberry.field(description="When it closed; null while open.")
    seq: int = strawberry.field(description="Number of its newest frame: see `roomFrames`.")
    goal: RoomGoal | None = strawberry.field(description="What the host hopes for, if anything.")
    summary: RoomSummary = strawberry.field(description="What was given in it so far.")

    @strawberry.field(
        description="Whether gifts can be sent to it now: it is open, and neither it nor its host "
        "takes none."
    )
    async def accepts_gifts(self, info: Info) -> bool:
        """Anyone may look."""
        async with info.context.pool.acquire() as conn:
            return bool(await select_accepting(conn, [self.id]))

    @strawberry.field(description="Those who gave most, most first.")
    async def top_gifters(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> RoomGifterConnection:
        """A page of the first hundred."""
        page = Page.of(tuple[int], first=first, after=after, last=last, before=before)
        async with info.context.pool.acquire() as conn:
            found = (await select_top(conn, [self.id], limit=TOP_MAX))[self.id]
            shown = await select_named(conn, [each.user_id for each in found])
        top = ranked(found)
        if page.backward:
            top = top[::-1]
        if page.position is not None:
            (beyond,) = page.position
            top = [
                each
                for each in top
                if (each.rank < beyond if page.backward else each.rank > beyond)
            ]
        return RoomGifterConnection.of(
            page,
            top[: page.limit + 1],
            node=lambda each: RoomGifter.of(each, shown),
            key=lambda each: (each.rank,),
            room_id=self.id,
        )

    @strawberry.field(description="The newest battle that began in it; null if there was none.")
    async def battle(self, info: Info) -> Battle | None:
        """As it stands."""
        async with info.context.pool.acquire() as conn:
            battle = (await newest_battles(conn, [self.id])).get(self.id)
        return None if battle is None else Battle.of(battle, clock.now())

    @strawberry.field(description="The newest train that ran in it; null if there was none.")
    async def train(self, info: Info) -> RoomTrain | None:
        """As it stands."""
        async with info.context.pool.acquire() as conn:
            platform = (await trains.select_platforms(conn, [self.id])).get(self.id)
            train = None if platform is None else platform.train
            if train is None:
                return None
            top = await trains.select_top(conn, [train.train_id], limit=TRAIN_GIFTERS_SHOWN)
            shown = await select_named(conn, [each.user_id for each in top[train.train_id]])
        return RoomTrain.of(train, [RoomGifter.of(each, shown) for each in top[train.train_id]])

    @strawberry.field(
        description="Battles that others have proposed to it and that can be accepted, newest "
        f"first; {INVITATIONS_MAX} at most."
    )
    async def battle_invitations(self, info: Info) -> list[Battle]:
        """By what the rules allow now."""
        at = clock.now()
        async with info.context.pool.acquire() as conn:
            rules = await rules_in_force(conn, at=at)
            battle_ids = await select_invitations(
                conn, self.id, since=at - rules.invitation, limit=INVITATIONS_MAX
            )
            battles = await select_battles(conn, battle_ids) if battle_ids else {}
        return [
            Battle.of(battles[battle_id], at)
            for battle_id in battle_ids
            if battles[battle_id].status(at) == "INVITED"
        ]

    @classmethod
    def of(cls, room: domain.Room) -> Self:
        """The room as clients see it."""
        return cls(
            id=room.room_id,
            status=RoomStatus(room.status),
            title=room.title,
            host=Creator(id=strawberry.ID(room.creator_id)),
            opened_at=room.opened_at,
            closed_at=room.closed_at,
            seq=room.seq,
            goal=RoomGoal.of(room),
            summary=RoomSummary(
                coins=Coins(room.coins), gifts=BigInt(room.gifts), gifters=BigInt(room.gifters)
            ),
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> "Room | None":  # noqa: A002
        """The room for the gateway."""
        try:
            room_id = UUID(id)
        except ValueError:
            return None
        return await look_up(info, room_id)


async def look_up(info: Info, room_id: UUID) -> Room | None:
    """A room, if there is one."""
    async with info.context.pool.acquire() as conn:
        room = await find_room(conn, room_id)
    return None if room is None else Room.of(room)
