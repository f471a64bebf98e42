"""Battles of live rooms."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Self
from uuid import UUID

import strawberry

from chassis import clock
from chassis.graphql import BigInt
from gifts.domain import battle as domain
from gifts.domain.battle_roll import seed_hash
from gifts.graphql.context import Info
from gifts.graphql.entities import Creator
from gifts.store.battle import select_battles

if TYPE_CHECKING:
    from gifts.graphql.room import Room


@strawberry.enum(description="Where a battle is.")
class BattleStatus(enum.Enum):
    """INVITED ends in EXPIRED, or in RUNNING and then ENDED."""

    INVITED = strawberry.enum_value("INVITED", description="It can be accepted.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="It was not accepted in time.")
    RUNNING = strawberry.enum_value("RUNNING", description="It has begun and has no result yet.")
    ENDED = strawberry.enum_value("ENDED", description="It has its result, which stands.")


@strawberry.enum(description="What a host can use in a battle. None changes what anything costs.")
class BattlePowerUpKind(enum.Enum):
    """By the rules that were in force when the battle was proposed."""

    GLOVE = strawberry.enum_value(
        "GLOVE", description="By chance, multiplies the points of the side's gifts for a while."
    )
    MIST = strawberry.enum_value("MIST", description="Hides the side's points for a while.")
    TIME_MAKER = strawberry.enum_value(
        "TIME_MAKER", description="Makes the battle some seconds longer; how many is chance."
    )
    STUN_HAMMER = strawberry.enum_value(
        "STUN_HAMMER",
        description="For a while counts the side's gifts that cost enough as hits, and dear ones "
        "as combos. Changes no points.",
    )


DOMAIN_KINDS: Final[Mapping[BattlePowerUpKind, domain.PowerUpKind]] = {
    BattlePowerUpKind.GLOVE: "GLOVE",
    BattlePowerUpKind.MIST: "MIST",
    BattlePowerUpKind.TIME_MAKER: "TIME_MAKER",
    BattlePowerUpKind.STUN_HAMMER: "STUN_HAMMER",
}


@strawberry.type(description="A power-up that a host has used.")
class BattlePowerUp:
    """What is left to chance follows from the battle's seed and this one's number."""

    id: UUID = strawberry.field(description="Made by the host's client.")
    kind: BattlePowerUpKind = strawberry.field(description="Which one.")
    number: int = strawberry.field(
        description="The how many-th of the battle, of both sides, from 1. The roll is "
        "HMAC-SHA256, under the seed, of the battle's id in 16 bytes, this in 4 and the power-up's "
        "id in 16: its first 8 bytes times the sides of the die, divided by 2^64 and rounded down. "
        "A glove hits on less than its chance of 100; a time maker adds one second more than its "
        "die shows."
    )
    room_id: UUID = strawberry.field(description="Of the host who used it.")
    used_at: datetime = strawberry.field(description="When it was used.")
    from_at: datetime = strawberry.field(
        description="From when it holds; of a time maker, the end that it moved."
    )
    until_at: datetime = strawberry.field(
        description="Until when, itself not included: `fromAt` if a glove missed; of a time maker, "
        "the new end."
    )

    @classmethod
    def of(cls, power_up: domain.PowerUp, room_ids: tuple[UUID, UUID]) -> Self:
        """The power-up as clients see it."""
        return cls(
            id=power_up.power_up_id,
            kind=BattlePowerUpKind(power_up.kind),
            number=power_up.number,
            room_id=room_ids[power_up.side],
            used_at=power_up.used_at,
            from_at=power_up.from_at,
            until_at=power_up.until_at,
        )


@strawberry.type(description="One of the two rooms of a battle. Points are no money.")
class BattleSide:
    """Of who proposed it, or who was asked."""

    room_id: strawberry.Private[UUID]
    host: Creator = strawberry.field(description="Whose room it is.")
    points: BigInt | None = strawberry.field(
        description="Coins given in time, some of them times a glove's multiplier; null while a "
        "mist hides them."
    )
    later_points: BigInt = strawberry.field(
        description="What came too late for the result, less what was taken back after it."
    )
    hits: int = strawberry.field(description="Gifts while the side's hammer swung.")
    combos: int = strawberry.field(description="Those of them that were dear.")

    @strawberry.field(description="The room.")
    async def room(
        self, info: Info
    ) -> Annotated["Room", strawberry.lazy("gifts.graphql.room")] | None:
        """As it stands."""
        from gifts.graphql.room import look_up

        return await look_up(info, self.room_id)

    @classmethod
    def of(cls, battle: domain.Battle, side: int, at: datetime) -> Self:
        """The side as clients see it at a time."""
        standing = battle.sides[side]
        points = battle.shown_points(side, at)
        return cls(
            room_id=standing.room_id,
            host=Creator(id=strawberry.ID(standing.creator_id)),
            points=None if points is None else BigInt(points),
            later_points=BigInt(standing.later_points),
            hits=standing.hits,
            combos=standing.combos,
        )


@strawberry.federation.type(keys=["id"], description="Two rooms compete for points.")
class Battle:
    """Anyone may look."""

    id: UUID = strawberry.field(description="Made by the client of who proposed it.")
    status: BattleStatus = strawberry.field(description="Where it is.")
    sides: list[BattleSide] = strawberry.field(description="Who proposed it, and who was asked.")
    invited_at: datetime = strawberry.field(description="When it was proposed.")
    expires_at: datetime = strawberry.field(description="Until when it can be accepted.")
    started_at: datetime | None = strawberry.field(description="When it was accepted, and began.")
    ends_at: datetime | None = strawberry.field(
        description="A gift counts that is charged before this. The result comes seconds later."
    )
    ended_at: datetime | None = strawberry.field(description="When the result was decided.")
    seed_hash: str | None = strawberry.field(
        description="SHA-256 of the seed, in hexadecimal, from the start on."
    )
    seed: str | None = strawberry.field(
        description="What the rolls follow from, 32 bytes in hexadecimal; null before the result."
    )
    winner_room_id: UUID | None = strawberry.field(
        description="Whose points are more; null before the result, and where both are equal."
    )
    is_flagged: bool = strawberry.field(
        description="Whether points came, or were taken back, after the result, which stands."
    )
    power_ups: list[BattlePowerUp] = strawberry.field(description="Those used, in order.")

    @classmethod
    def of(cls, battle: domain.Battle, at: datetime) -> Self:
        """The battle as clients see it at a time."""
        winner = {"left": 0, "right": 1}.get(battle.winner or "draw")
        seed = battle.seed
        return cls(
            id=battle.battle_id,
            status=BattleStatus(battle.status(at)),
            sides=[BattleSide.of(battle, side, at) for side in (0, 1)],
            invited_at=battle.invited_at,
            expires_at=battle.invited_at + battle.rules.invitation,
            started_at=battle.started_at,
            ends_at=battle.ends_at,
            ended_at=battle.ended and battle.ended.at,
            seed_hash=None if seed is None else seed_hash(seed).hex(),
            seed=None if seed is None or battle.ended is None else seed.hex(),
            winner_room_id=None if winner is None else battle.room_ids[winner],
            is_flagged=battle.is_flagged,
            power_ups=[BattlePowerUp.of(each, battle.room_ids) for each in battle.power_ups],
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> "Battle | None":  # noqa: A002
        """The battle for the gateway."""
        try:
            battle_id = UUID(id)
        except ValueError:
            return None
        return await look_up_battle(info, battle_id)


async def look_up_battle(info: Info, battle_id: UUID) -> Battle | None:
    """A battle, if there is one."""
    async with info.context.pool.acquire() as conn:
        battle = (await select_battles(conn, [battle_id])).get(battle_id)
    return None if battle is None else Battle.of(battle, clock.now())
