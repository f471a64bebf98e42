"""The refusals of what hosts do in battles, as clients see them."""

import strawberry

from chassis.graphql import IdempotencyConflict, Refusal, refusal
from gifts.domain import refusals as domain
from gifts.graphql.refusals import RoomNotOpen
from gifts.graphql.room_refusals import RoomUnknown


@refusal(code="battle_unknown", description="The caller's room is in no such battle.")
class BattleUnknown(Refusal):
    """Somebody else's looks the same."""


@refusal(
    code="battle_invitation_expired",
    description="The battle was not accepted in time. Propose another one.",
)
class BattleInvitationExpired(Refusal):
    """It never began."""


@refusal(
    code="room_in_battle",
    description="One of the rooms is in a battle that has not ended. Wait for its result.",
)
class RoomInBattle(Refusal):
    """One at a time."""


@refusal(code="battle_not_running", description="The battle has not begun, or its end has come.")
class BattleNotRunning(Refusal):
    """Power-ups can be used in between."""


@refusal(
    code="power_up_used_up",
    description="As many power-ups of the kind were used as may be in one battle.",
)
class PowerUpUsedUp(Refusal):
    """Of time makers by both hosts together."""

    used_max: int = strawberry.field(description="How many may be.")


type BattleRefusal = (
    BattleUnknown
    | BattleInvitationExpired
    | RoomInBattle
    | BattleNotRunning
    | PowerUpUsedUp
    | RoomUnknown
    | RoomNotOpen
    | IdempotencyConflict
)


def shown(error: domain.DomainError) -> BattleRefusal:
    """The refusal as a member of the unions of what hosts do in battles."""
    match error:
        case domain.BattleUnknownError():
            return BattleUnknown(message="Your room is in no such battle.")
        case domain.BattleInvitationExpiredError():
            return BattleInvitationExpired(message="This invitation is too old.")
        case domain.RoomInBattleError():
            return RoomInBattle(message="One of the rooms is in another battle.")
        case domain.BattleNotRunningError():
            return BattleNotRunning(message="This battle is not running.")
        case domain.PowerUpUsedUpError():
            return PowerUpUsedUp(
                message=f"At most {error.used_max} of these can be used in a battle.",
                used_max=error.used_max,
            )
        case domain.RoomUnknownError():
            return RoomUnknown(message="You have no such room.")
        case domain.RoomNotOpenError():
            return RoomNotOpen(message="One of the rooms is not open.")
        case domain.IdempotencyConflictError():
            return IdempotencyConflict()
        case _:
            raise AssertionError(f"{type(error).__name__} is no refusal of a battle")
