"""Use a power-up in a battle."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import clock
from chassis.graphql import IdempotencyConflict, require_viewer
from chassis.telemetry import metrics
from gifts.domain.refusals import DomainError
from gifts.graphql.battle import DOMAIN_KINDS, Battle, BattlePowerUpKind
from gifts.graphql.battle_refusals import BattleNotRunning, BattleUnknown, PowerUpUsedUp, shown
from gifts.graphql.context import Info


@strawberry.input(description="The power-up to use.")
class UsePowerUpInput:
    """The same input again is a retry."""

    power_up_id: UUID = strawberry.field(
        description="Made by the client, best a UUIDv7, and kept when it retries."
    )
    battle_id: UUID = strawberry.field(description="The battle.")
    room_id: UUID = strawberry.field(description="The caller's room.")
    kind: BattlePowerUpKind = strawberry.field(description="Which one.")


@strawberry.type(description="The power-up is used, or was.")
class UsePowerUpPayload:
    """What came of it is the one of this id in the battle's `powerUps`."""

    battle: Battle = strawberry.field(description="The battle as it stands now.")


UsePowerUpResult = Annotated[
    UsePowerUpPayload | BattleUnknown | BattleNotRunning | PowerUpUsedUp | IdempotencyConflict,
    strawberry.union("UsePowerUpResult", description="The battle, or why it was not used."),
]


async def use_power_up(
    info: Info,
    input: Annotated[  # noqa: A002
        UsePowerUpInput, strawberry.argument(description="The power-up.")
    ],
) -> UsePowerUpResult:
    """Once."""
    viewer = require_viewer(info.context)
    try:
        battle = await info.context.battles.use(
            input.battle_id, input.room_id, viewer.sub, input.power_up_id, DOMAIN_KINDS[input.kind]
        )
    except DomainError as error:
        metrics.record_refusal("usePowerUp", error.code)
        return shown(error)  # pyright: ignore[reportReturnType] - of the union's members
    return UsePowerUpPayload(battle=Battle.of(battle, clock.now()))
