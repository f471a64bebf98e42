"""Accept a battle."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import clock
from chassis.graphql import require_viewer
from chassis.telemetry import metrics
from gifts.domain.refusals import DomainError
from gifts.graphql.battle import Battle
from gifts.graphql.battle_refusals import (
    BattleInvitationExpired,
    BattleUnknown,
    RoomInBattle,
    shown,
)
from gifts.graphql.context import Info
from gifts.graphql.refusals import RoomNotOpen


@strawberry.input(description="The battle to accept.")
class AcceptBattleInput:
    """The caller hosts the room that it was proposed to."""

    battle_id: UUID = strawberry.field(description="The battle.")
    room_id: UUID = strawberry.field(description="The caller's room.")


@strawberry.type(description="The battle has begun.")
class AcceptBattlePayload:
    """The same when it was accepted before."""

    battle: Battle = strawberry.field(description="The battle as it stands now.")


AcceptBattleResult = Annotated[
    AcceptBattlePayload | BattleUnknown | BattleInvitationExpired | RoomInBattle | RoomNotOpen,
    strawberry.union("AcceptBattleResult", description="The battle, or why it did not begin."),
]


async def accept_battle(
    info: Info,
    input: Annotated[  # noqa: A002
        AcceptBattleInput, strawberry.argument(description="The battle.")
    ],
) -> AcceptBattleResult:
    """Begin."""
    viewer = require_viewer(info.context)
    try:
        battle = await info.context.battles.accept(input.battle_id, input.room_id, viewer.sub)
    except DomainError as error:
        metrics.record_refusal("acceptBattle", error.code)
        return shown(error)  # pyright: ignore[reportReturnType] - of the union's members
    return AcceptBattlePayload(battle=Battle.of(battle, clock.now()))
