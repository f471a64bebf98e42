"""Battles for tests and benchmarks."""

from datetime import UTC, datetime
from uuid import UUID

from chassis import ids
from chassis.db import Pool
from gifts.domain.battle import Battle, LogEntry, Side
from gifts.domain.battle_rules import BattleRules
from gifts.domain.room_rules import RoomRules
from gifts.edge.battle_clock import BattleClock
from gifts.edge.battle_host import BattleHost
from gifts.store.battle import select_battles
from gifts.store.battle_event import select_events, select_power_ups
from gifts.testing import NOW

FIRST_RULES = BattleRules(
    version=1,
    effective_from=datetime(2026, 1, 1, tzinfo=UTC),
    invitation_s=60,
    decided_after_s=10,
    shown_s=60,
    glove_chance_pct=30,
    glove_multiplier=5,
    glove_s=30,
    mist_s=30,
    time_maker_max_s=10,
    hammer_s=30,
    hit_coins=5,
    combo_coins=100,
    gloves_max=5,
    mists_max=2,
    time_makers_max=3,
    hammers_max=2,
)
"""What a new system starts with; a test says that it does."""


def a_battle(*, battle_id: UUID | None = None, at: datetime = NOW) -> Battle:
    """Star against moon, proposed."""
    sides = Side(UUID(int=1), "star"), Side(UUID(int=2), "moon")
    return Battle(battle_id or ids.uuid7(), FIRST_RULES, sides, at, length_s=300)


async def begin_battle(
    pool: Pool, left: tuple[UUID, str], right: tuple[UUID, str], *, at: datetime = NOW
) -> Battle:
    """Propose and accept a battle as the api does; of each side its room and host."""
    battle_id = ids.uuid7()
    host = BattleHost(pool, RoomRules(), now=lambda: at)
    await host.propose(battle_id, left[0], right[0], left[1])
    return await host.accept(battle_id, right[0], right[1])


async def tick_battles(
    pool: Pool, at: datetime, *, rules: RoomRules | None = None, since: datetime | None = None
) -> None:
    """Let a worker's clock do all that is due."""
    battle_clock = BattleClock(pool, rules or RoomRules(), now=lambda: at, since=since)
    while await battle_clock.once():
        pass


async def stored_battle(pool: Pool, battle_id: UUID) -> Battle:
    """A battle as it stands."""
    async with pool.acquire() as conn:
        return (await select_battles(conn, [battle_id]))[battle_id]


async def stored_log(pool: Pool, battle: Battle) -> list[LogEntry]:
    """All that happened in a battle, in no order."""
    async with pool.acquire() as conn:
        log: list[LogEntry] = [
            *await select_events(conn, battle.battle_id),
            *await select_power_ups(conn, [battle.battle_id]),
        ]
    return log if battle.ended is None else [*log, battle.ended]
