"""Proposes and accepts battles for hosts, and uses their power-ups."""

import secrets
from uuid import UUID

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from gifts.commands.accept_battle import accept_battle
from gifts.commands.propose_battle import Proposed, propose_battle
from gifts.commands.use_power_up import use_power_up
from gifts.domain.battle import Battle, PowerUpKind
from gifts.domain.battle_roll import SEED_BYTES
from gifts.domain.room_rules import RoomRules


class BattleHost:
    """What `proposeBattle`, `acceptBattle` and `usePowerUp` do, without GraphQL."""

    def __init__(self, pool: Pool, rules: RoomRules, *, now: Clock = clock.now) -> None:
        self._pool = pool
        self._rules = rules
        self._now = now

    async def propose(
        self, battle_id: UUID, room_id: UUID, rival_room_id: UUID, creator_id: str
    ) -> Proposed:
        """Propose a battle: see `propose_battle`."""

        async def work(conn: Conn) -> Proposed:
            return await propose_battle(
                conn, battle_id, room_id, rival_room_id, creator_id, self._rules, at=self._now()
            )

        return await transact(self._pool, work)

    async def accept(self, battle_id: UUID, room_id: UUID, creator_id: str) -> Battle:
        """Accept a battle: see `accept_battle`."""
        seed = secrets.token_bytes(SEED_BYTES)

        async def work(conn: Conn) -> Battle:
            return await accept_battle(
                conn, battle_id, room_id, creator_id, self._rules, seed=seed, now=self._now
            )

        return await transact(self._pool, work)

    async def use(
        self,
        battle_id: UUID,
        room_id: UUID,
        creator_id: str,
        power_up_id: UUID,
        kind: PowerUpKind,
    ) -> Battle:
        """Use a power-up: see `use_power_up`."""

        async def work(conn: Conn) -> Battle:
            return await use_power_up(
                conn,
                battle_id,
                room_id,
                creator_id,
                power_up_id,
                kind,
                self._rules,
                now=self._now,
            )

        return await transact(self._pool, work)
