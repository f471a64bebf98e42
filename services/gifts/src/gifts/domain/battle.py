"""Battles: two rooms compete for points (C19). Deterministic: the log and the seed say it all.

A battle is what its log makes of it, entry by entry, in the order in which it was written. Time is
never read here: a gift counts by when it was charged, a power-up by when its use was booked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from gifts.domain.battle_roll import roll
from gifts.domain.battle_rules import BattleRules
from gifts.domain.refusals import BattleNotRunningError, PowerUpUsedUpError

type BattleStatus = Literal["INVITED", "EXPIRED", "RUNNING", "ENDED"]
type PowerUpKind = Literal["GLOVE", "MIST", "TIME_MAKER", "STUN_HAMMER"]
type Winner = Literal["left", "right", "draw"]

LEFT: Final = 0
"""The side of who proposed the battle."""
RIGHT: Final = 1


class BattleEvent(NamedTuple):
    """Coins of a gift that came to a battle, or were taken back; the fields are columns."""

    battle_id: UUID
    seq: int
    kind: Literal["given", "taken"]
    side: int
    gift_id: UUID
    coins: int
    """Negative where they are taken back."""
    multiplier: int
    charged_at: datetime

    @property
    def points(self) -> int:
        """What it adds to the side's."""
        return self.coins * self.multiplier


class PowerUp(NamedTuple):
    """Something that a host has used; the fields are columns."""

    battle_id: UUID
    seq: int
    power_up_id: UUID
    side: int
    kind: PowerUpKind
    number: int
    """The how many-th of the battle, from 1: see `battle_roll`."""
    used_at: datetime
    from_at: datetime
    """What it does holds from here until there; a glove that missed does nothing. A time maker
    moves the battle's end from here to there."""
    until_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it does anything at a time."""
        return self.from_at <= at < self.until_at


class Ended(NamedTuple):
    """That a battle was decided."""

    seq: int
    at: datetime


class Side(msgspec.Struct):
    """A room in a battle."""

    room_id: UUID
    creator_id: str
    points: int = 0
    later_points: int = 0
    """What came too late for the result, less what was taken back after it."""
    hits: int = 0
    """Gifts while a hammer of the side swung; they are shown, and are no points."""
    combos: int = 0
    """Those of them that were dear."""
    untold: bool = False
    """Whether something has changed that the room still has to be told."""


class Battle(msgspec.Struct):
    """A battle as it stands."""

    battle_id: UUID
    rules: BattleRules
    sides: tuple[Side, Side]
    """Who proposed it, and who was asked."""
    invited_at: datetime
    length_s: int
    """From the start to the end, without time makers."""
    started_at: datetime | None = None
    ends_at: datetime | None = None
    """A charge counts from the start on and before this, by its own time."""
    seed: bytes | None = None
    ended: Ended | None = None
    events: int = 0
    """The newest number in its log."""
    power_ups: list[PowerUp] = []
    due_at: datetime | None = None
    """When the clock has to look at it."""

    @property
    def room_ids(self) -> tuple[UUID, UUID]:
        """Of both sides."""
        left, right = self.sides
        return left.room_id, right.room_id

    @property
    def winner(self) -> Winner | None:
        """Who has more points; with as many as the other nobody wins. None before the result."""
        if self.ended is None:
            return None
        left, right = self.sides
        if left.points == right.points:
            return "draw"
        return "left" if left.points > right.points else "right"

    @property
    def is_flagged(self) -> bool:
        """Whether the result would be another sum by now; it stands (E14)."""
        return any(side.later_points for side in self.sides)

    def status(self, at: datetime) -> BattleStatus:
        """Where it is at a time."""
        if self.ended is not None:
            return "ENDED"
        if self.started_at is not None:
            return "RUNNING"
        return "INVITED" if at < self.invited_at + self.rules.invitation else "EXPIRED"

    def side_of(self, room_id: UUID) -> int | None:
        """The side that a room is."""
        return self.room_ids.index(room_id) if room_id in self.room_ids else None

    def start(self, seed: bytes, *, at: datetime) -> None:
        """Begin, now that the other host has accepted."""
        self.started_at = at
        self.ends_at = at + timedelta(seconds=self.length_s)
        self.seed = seed

    def give(
        self, side: int, gift_id: UUID, coins: int, *, charged_at: datetime
    ) -> BattleEvent | None:
        """Add a gift; None: it was charged before the start, or not before the end.

        Points are coins, times the glove's multiplier while one of the side's holds. A glove never
        reaches back to what was booked before it was used. After the result they are only noted.
        """
        assert self.started_at is not None
        assert self.ends_at is not None
        if not self.started_at <= charged_at < self.ends_at:
            return None
        multiplier = self.rules.glove_multiplier if self._holding(side, "GLOVE", charged_at) else 1
        event = self._book(
            BattleEvent(
                self.battle_id,
                self.events + 1,
                "given",
                side,
                gift_id,
                coins,
                multiplier,
                charged_at,
            )
        )
        if self.ended is None and self._holding(side, "STUN_HAMMER", charged_at):
            self.sides[side].hits += coins >= self.rules.hit_coins
            self.sides[side].combos += coins >= self.rules.combo_coins
        return event

    def take(self, given: BattleEvent, coins: int) -> BattleEvent:
        """Take coins of a gift back, or give them back where negative, with their points."""
        return self._book(given._replace(seq=self.events + 1, kind="taken", coins=-coins))

    def use(self, side: int, kind: PowerUpKind, power_up_id: UUID, *, at: datetime) -> PowerUp:
        """Use a power-up. Several of a kind run in order and never at the same time.

        Raises:
            BattleNotRunningError: It has not begun, or its end has come.
            PowerUpUsedUpError: As many were used as may be.
        """
        if self.started_at is None or self.ends_at is None or self.seed is None:
            raise BattleNotRunningError
        if self.ended is not None or not self.started_at <= at < self.ends_at:
            raise BattleNotRunningError
        used = [
            each
            for each in self.power_ups
            if each.kind == kind and (each.side == side or kind == "TIME_MAKER")
        ]
        if len(used) >= self._most(kind):
            raise PowerUpUsedUpError(used_max=self._most(kind))
        number = len(self.power_ups) + 1
        if kind == "TIME_MAKER":
            from_at = self.ends_at
        else:
            from_at = max([at, *[each.until_at for each in used]])
        until_at = from_at + timedelta(seconds=self._seconds(kind, number, power_up_id, self.seed))
        if kind == "TIME_MAKER":
            self.ends_at = until_at
        self.events += 1
        power_up = PowerUp(
            self.battle_id,
            self.events,
            power_up_id,
            side,
            kind,
            number,
            at,
            from_at,
            until_at,
        )
        self.power_ups = [*self.power_ups, power_up]
        return power_up

    def end(self, *, at: datetime) -> None:
        """Decide it: from now on points stay what they are."""
        assert self.started_at is not None
        assert self.ended is None
        self.events += 1
        self.ended = Ended(self.events, at)

    def holds_until(self, side: int, kind: PowerUpKind, at: datetime) -> datetime | None:
        """How long a side's power-ups of a kind hold that hold at a time; None: none does.

        Those that run one after the other are one here.
        """
        if not self._holding(side, kind, at):
            return None
        return max(
            each.until_at for each in self.power_ups if each.side == side and each.kind == kind
        )

    def shown_points(self, side: int, at: datetime) -> int | None:
        """A side's points; None while its mist hides them."""
        if self.ended is None and self._holding(side, "MIST", at):
            return None
        return self.sides[side].points

    def _book(self, event: BattleEvent) -> BattleEvent:
        self.events = event.seq
        side = self.sides[event.side]
        if self.ended is None:
            side.points += event.points
        else:
            side.later_points += event.points
        return event

    def _holding(self, side: int, kind: PowerUpKind, at: datetime) -> bool:
        return any(
            each.side == side and each.kind == kind and each.holds(at) for each in self.power_ups
        )

    def _most(self, kind: PowerUpKind) -> int:
        match kind:
            case "GLOVE":
                return self.rules.gloves_max
            case "MIST":
                return self.rules.mists_max
            case "TIME_MAKER":
                return self.rules.time_makers_max
            case "STUN_HAMMER":
                return self.rules.hammers_max

    def _seconds(self, kind: PowerUpKind, number: int, power_up_id: UUID, seed: bytes) -> int:
        """How long a power-up holds: what is left to chance is decided here."""
        rules = self.rules
        match kind:
            case "GLOVE":
                thrown = roll(seed, self.battle_id, number, power_up_id, sides=100)
                return rules.glove_s if thrown < rules.glove_chance_pct else 0
            case "MIST":
                return rules.mist_s
            case "TIME_MAKER":
                most = rules.time_maker_max_s
                return 1 + roll(seed, self.battle_id, number, power_up_id, sides=most)
            case "STUN_HAMMER":
                return rules.hammer_s


type LogEntry = BattleEvent | PowerUp | Ended


def replay(battle: Battle, log: Sequence[LogEntry], seed: bytes) -> Battle:
    """What a battle's log, in any order, and its seed make of it; nothing else of it is read.

    Args:
        battle: Gives its id, its rules, its sides, and when it was proposed and accepted.
        log: All of it. Of power-ups only who used which when; of gifts only who was given what
            when: what came of them is found out anew.
        seed: As it was revealed.
    """
    assert battle.started_at is not None, "only what has started has a log"
    left, right = battle.sides
    again = Battle(
        battle.battle_id,
        battle.rules,
        (Side(left.room_id, left.creator_id), Side(right.room_id, right.creator_id)),
        battle.invited_at,
        battle.length_s,
    )
    again.start(seed, at=battle.started_at)
    given: dict[UUID, BattleEvent] = {}
    for entry in sorted(log, key=lambda each: each.seq):
        match entry:
            case Ended():
                again.end(at=entry.at)
            case PowerUp():
                again.use(entry.side, entry.kind, entry.power_up_id, at=entry.used_at)
            case BattleEvent(kind="taken"):
                again.take(given[entry.gift_id], -entry.coins)
            case BattleEvent():
                event = again.give(
                    entry.side, entry.gift_id, entry.coins, charged_at=entry.charged_at
                )
                assert event is not None, "what does not count is in no log"
                given[entry.gift_id] = event
    return again


def is_over(battle: Battle, at: datetime, since: datetime | None = None) -> bool:
    """Whether the result is to be decided; `since`: when charges began to be read."""
    return (
        battle.ended is None
        and battle.ends_at is not None
        and at >= _decided_at(battle, battle.ends_at, since)
    )


def is_lifted(battle: Battle, at: datetime) -> bool:
    """Whether a mist has lifted since the clock should have looked at a battle."""
    return battle.due_at is not None and any(
        battle.due_at <= each.until_at <= at for each in battle.power_ups if each.kind == "MIST"
    )


def due_at(battle: Battle, at: datetime, since: datetime | None = None) -> datetime | None:
    """When the clock has to look next at a battle that somebody has looked at now."""
    if any(side.untold for side in battle.sides):
        return at
    if battle.ended is not None or battle.ends_at is None:
        return None
    lifting = [
        each.until_at for each in battle.power_ups if each.kind == "MIST" and each.until_at > at
    ]
    return min([_decided_at(battle, battle.ends_at, since), *lifting])


def _decided_at(battle: Battle, ends_at: datetime, since: datetime | None) -> datetime:
    return (ends_at if since is None else max(ends_at, since)) + battle.rules.decided_after
