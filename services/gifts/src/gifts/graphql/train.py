"""Trains of live rooms."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from chassis.graphql import Coins
from gifts.domain import train as domain

if TYPE_CHECKING:
    from gifts.graphql.room import RoomGifter


@strawberry.type(description="Many people give together in a room, level by level.")
class RoomTrain:
    """Begins when enough different people give within minutes, and ends by itself."""

    id: UUID = strawberry.field(description="Follows from the gift that started it.")
    difficulty: str = strawberry.field(description="How far apart its levels are.")
    level: int = strawberry.field(
        description="That they work at; what was reached stays reached, whatever is taken back."
    )
    levels: int = strawberry.field(description="How many there are.")
    progress_coins: Coins = strawberry.field(
        description="Given to it, without what was taken back while it ran."
    )
    target_coins: Coins = strawberry.field(description="At which the level is reached.")
    started_at: datetime = strawberry.field(description="When it began.")
    expires_at: datetime = strawberry.field(
        description="When it ends, unless another level is reached before."
    )
    ended_at: datetime | None = strawberry.field(description="When it ended; null while it runs.")
    top_gifters: list[Annotated["RoomGifter", strawberry.lazy("gifts.graphql.room")]] = (
        strawberry.field(description="Who gave most to it, at most three.")
    )

    @classmethod
    def of(cls, train: domain.Train, top: Sequence["RoomGifter"]) -> Self:
        """The train as clients see it."""
        return cls(
            id=train.train_id,
            difficulty=train.rules.difficulty,
            level=train.level,
            levels=len(train.rules.targets),
            progress_coins=Coins(train.progress),
            target_coins=Coins(train.target),
            started_at=train.started_at,
            expires_at=train.expires_at,
            ended_at=train.ended_at,
            top_gifters=list(top),
        )
