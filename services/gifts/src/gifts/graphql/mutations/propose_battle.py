"""Propose a battle."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import clock
from chassis.graphql import BadUserInputError, IdempotencyConflict, require_viewer
from chassis.telemetry import metrics
from gifts.domain.refusals import DomainError, MalformedError
from gifts.graphql.battle import Battle
from gifts.graphql.battle_refusals import shown
from gifts.graphql.context import Info
from gifts.graphql.refusals import RoomNotOpen
from gifts.graphql.room_refusals import RoomUnknown


@strawberry.input(description="The battle to propose.")
class ProposeBattleInput:
    """The same input again is a retry."""

    battle_id: UUID = strawberry.field(
        description="Made by the client, best a UUIDv7, and kept when it retries."
    )
    room_id: UUID = strawberry.field(description="The caller's room.")
    rival_room_id: UUID = strawberry.field(description="The room to compete with.")


@strawberry.type(description="The battle is proposed, or was.")
class ProposeBattlePayload:
    """A replay may find it accepted."""

    replayed: bool = strawberry.field(
        description="Whether an earlier request proposed it and this is its result again."
    )
    battle: Battle = strawberry.field(description="The battle as it stands now.")


ProposeBattleResult = Annotated[
    ProposeBattlePayload | RoomUnknown | RoomNotOpen | IdempotencyConflict,
    strawberry.union("ProposeBattleResult", description="The battle, or why it is not proposed."),
]


async def propose_battle(
    info: Info,
    input: Annotated[  # noqa: A002
        ProposeBattleInput, strawberry.argument(description="The battle.")
    ],
) -> ProposeBattleResult:
    """Ask another host."""
    viewer = require_viewer(info.context)
    try:
        proposed = await info.context.battles.propose(
            input.battle_id, input.room_id, input.rival_room_id, viewer.sub
        )
    except MalformedError as error:
        raise BadUserInputError(error.problem) from error
    except DomainError as error:
        metrics.record_refusal("proposeBattle", error.code)
        return shown(error)  # pyright: ignore[reportReturnType] - of the union's members
    return ProposeBattlePayload(
        replayed=proposed.replayed, battle=Battle.of(proposed.battle, clock.now())
    )
