"""Levels and fan clubs for tests: what was told, and a slow and obvious model of how all stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from chassis import outbox
from chassis.db import Pool
from contracts.event import Event, find
from contracts.gifts.fans import ClubChanged, LevelReached
from gifts.domain.fan_club import Standing
from gifts.domain.gift import Gift
from gifts.domain.gifter import Gifter
from gifts.domain.level_table import LevelTable
from gifts.store.fan_club import select_standings
from gifts.store.gifter import select_gifters

type Pair = tuple[str, str]
"""Creator and user."""


async def stored_gifter(pool: Pool, user_id: str) -> Gifter | None:
    """How somebody stands as a gifter."""
    async with pool.acquire() as conn:
        return (await select_gifters(conn, [user_id])).get(user_id)


async def stored_standing(pool: Pool, creator_id: str, user_id: str) -> Standing | None:
    """How somebody stands in a club; None: they never joined."""
    async with pool.acquire() as conn:
        standings = await select_standings(conn, [(creator_id, user_id)])
    return standings[0] if standings else None


async def told_of_fans(pool: Pool) -> Sequence[LevelReached | ClubChanged]:
    """All that the outbox holds about levels and clubs, in the order of its streams."""
    rows = await pool.fetch("SELECT records FROM outbox ORDER BY stream, seq")
    told: list[LevelReached | ClubChanged] = []
    for row in rows:
        for record in outbox.unpack(row["records"]):
            event = _event_of(record)
            if isinstance(event, LevelReached | ClubChanged):
                told.append(event)
    return told


def _event_of(record: outbox.StoredRecord) -> Event | None:
    registered = find(record.type)
    return None if registered is None else msgspec.json.decode(record.value, type=registered.cls)


@dataclass
class ModelMember:
    """Somebody who ever joined a club."""

    joined_by: UUID
    active_at: datetime
    is_ended: bool = False
    lost: int = 0
    told_level: int = 1


@dataclass
class ModelFans:
    """What happened, one thing after the other."""

    table: LevelTable
    points: dict[str, int] = field(default_factory=dict[str, int])
    told_levels: dict[str, tuple[int, datetime]] = field(
        default_factory=dict[str, tuple[int, datetime]]
    )
    given: dict[Pair, int] = field(default_factory=dict[Pair, int])
    members: dict[Pair, ModelMember] = field(default_factory=dict[Pair, ModelMember])
    lives: dict[str, list[list[datetime]]] = field(default_factory=dict[str, list[list[datetime]]])
    """Per creator, oldest first: when each began, and when it ended, if it has."""
    left: dict[UUID, int] = field(default_factory=dict[UUID, int])
    """Coins of gifts that were charged."""
    early: dict[UUID, int] = field(default_factory=dict[UUID, int])
    """Coins taken back of gifts that are not settled yet."""
    told: list[tuple[object, ...]] = field(default_factory=list[tuple[object, ...]])

    def settle(self, gifts: Sequence[tuple[Gift, datetime]], now: datetime) -> None:
        """Gifts were charged; what waited for them follows."""
        gave: dict[Pair, UUID] = {}
        joined: dict[Pair, str] = {}
        for gift, charged_at in gifts:
            pair = gift.creator_id, gift.sender_id
            member = self.members.get(pair)
            if member is not None and self._is_active(pair, charged_at):
                member.active_at = max(member.active_at, charged_at)
                gave[pair] = gift.gift_id
            elif gift.item_id == self.table.club_item_id:
                joined[pair] = "JOINED" if member is None else "REJOINED"
                gave[pair] = gift.gift_id
                if member is None:
                    self.members[pair] = ModelMember(gift.gift_id, charged_at)
                else:
                    before = max(self.given.get(pair, 0) - member.lost, 0)
                    member.lost += before - self._decayed(pair, before, charged_at)
                    member.joined_by = gift.gift_id
                    member.is_ended = False
                    member.active_at = max(member.active_at, charged_at)
            self._add(gift, gift.price_coins)
        for gift, _ in gifts:
            self._add(gift, -self.early.get(gift.gift_id, 0))
        for pair, gift_id in gave.items():
            member = self.members[pair]
            level = self._club_level(pair)
            if pair in joined:
                self.told.append((*pair, joined[pair], level, member.joined_by))
            elif level > member.told_level:
                self.told.append((*pair, "LEVEL_REACHED", level, gift_id))
            member.told_level = max(member.told_level, level)
        for gift, _ in gifts:
            if self.early.pop(gift.gift_id, 0) and not self.left[gift.gift_id]:
                self._end(gift)
        for user_id in {gift.sender_id for gift, _ in gifts}:
            level = self._level(self.points[user_id])
            before = self.told_levels.get(user_id, (0, now))[0]
            if level > before:
                self.told.append((user_id, before, level))
                self.told_levels[user_id] = level, now

    def take(self, gift: Gift, coins: int) -> None:
        """Coins were taken back of a gift, or given back where negative."""
        if gift.gift_id not in self.left:
            self.early[gift.gift_id] = self.early.get(gift.gift_id, 0) + coins
            return
        was_left = self.left[gift.gift_id]
        self._add(gift, -coins)
        if bool(was_left) != bool(self.left[gift.gift_id]):
            self._end(gift)

    def level(self, user_id: str, at: datetime) -> int:
        """Somebody's level, as it is shown at a moment."""
        level = self._level(self.points.get(user_id, 0))
        told, told_at = self.told_levels.get(user_id, (0, at))
        return max(level, told) if at < told_at + timedelta(days=self.table.kept_days) else level

    def is_active(self, pair: Pair, at: datetime) -> bool:
        """Whether somebody is a member at a moment."""
        return self._is_active(pair, at)

    def club_points(self, pair: Pair, at: datetime) -> int:
        """What somebody's points are at a moment."""
        points = max(self.given[pair] - self.members[pair].lost, 0)
        return self._decayed(pair, points, at)

    def _add(self, gift: Gift, coins: int) -> None:
        pair = gift.creator_id, gift.sender_id
        self.left[gift.gift_id] = self.left.get(gift.gift_id, 0) + coins
        self.given[pair] = self.given.get(pair, 0) + coins
        self.points[gift.sender_id] = self.points.get(gift.sender_id, 0) + coins

    def _end(self, gift: Gift) -> None:
        pair = gift.creator_id, gift.sender_id
        member = self.members.get(pair)
        if member is not None and member.joined_by == gift.gift_id:
            member.is_ended = not self.left[gift.gift_id]
            kind = "ENDED" if member.is_ended else "RESUMED"
            self.told.append((*pair, kind, None, gift.gift_id))

    def _lapses_at(self, pair: Pair) -> datetime | None:
        member = self.members[pair]
        for live in self.lives.get(pair[0], []):
            if live[0] > member.active_at:
                return live[1] + timedelta(days=self.table.club_active_days) if live[1:] else None
        return None

    def _is_active(self, pair: Pair, at: datetime) -> bool:
        lapses_at = self._lapses_at(pair)
        return not self.members[pair].is_ended and (lapses_at is None or at < lapses_at)

    def _decayed(self, pair: Pair, points: int, at: datetime) -> int:
        falls_at = self._lapses_at(pair)
        falls = 0
        while falls_at is not None and falls_at <= at:
            falls += 1
            falls_at += timedelta(days=self.table.club_decay_days)
        return points * self.table.club_decay_keeps_pct**falls // 100**falls

    def _level(self, points: int) -> int:
        return sum(points >= step for step in self.table.gifter_points)

    def _club_level(self, pair: Pair) -> int:
        points = max(self.given[pair] - self.members[pair].lost, 0)
        return sum(points >= step for step in self.table.club_points)
