"""A slow and obvious model of a battle: a list of what happened, read from the start each time."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from gifts.domain.battle import PowerUpKind, Winner


@dataclass
class ModelGift:
    """A gift that counts, with the multiplier that was known when it was booked."""

    side: int
    coins: int
    multiplier: int
    taken: int = 0
    taken_later: int = 0
    late: bool = False


@dataclass
class ModelBattle:
    """By the first rules, in seconds from the start."""

    battle_id: UUID
    seed: bytes
    started_at: datetime
    length: int = 300
    gifts: dict[UUID, ModelGift] = field(default_factory=dict[UUID, ModelGift])
    uses: list[tuple[int, PowerUpKind, float, float]] = field(
        default_factory=list[tuple[int, PowerUpKind, float, float]]
    )
    """Side, kind, from and until."""
    ended: bool = False

    def seconds(self, at: datetime) -> float:
        """From the start."""
        return (at - self.started_at) / timedelta(seconds=1)

    def die(self, sides: int, power_up_id: UUID) -> int:
        """What the next power-up rolls, by the letters of the published formula."""
        number = len(self.uses) + 1
        message = self.battle_id.bytes + bytes([0, 0, 0, number]) + power_up_id.bytes
        digest = hmac.new(self.seed, message, hashlib.sha256).hexdigest()
        return int(Fraction(int(digest[:16], 16) * sides, 2**64))

    def give(self, side: int, gift_id: UUID, coins: int, at: datetime) -> bool:
        """Whether a gift counts."""
        when = self.seconds(at)
        if when < 0 or when >= self.length:
            return False
        boosted = any(
            whose == side and kind == "GLOVE" and start <= when < end
            for whose, kind, start, end in self.uses
        )
        self.gifts[gift_id] = ModelGift(side, coins, 5 if boosted else 1, late=self.ended)
        return True

    def take(self, gift_id: UUID, coins: int) -> None:
        """Coins of a gift are taken back, or given back where negative."""
        gift = self.gifts[gift_id]
        if self.ended:
            gift.taken_later += coins
        else:
            gift.taken += coins

    def may_use(self, side: int, kind: PowerUpKind, at: datetime) -> bool | None:
        """Whether it may be; None: the battle is not running."""
        if self.ended or not 0 <= self.seconds(at) < self.length:
            return None
        used = [each for each in self.uses if each[1] == kind]
        mine = [each for each in used if each[0] == side]
        match kind:
            case "GLOVE":
                return len(mine) < 5
            case "TIME_MAKER":
                return len(used) < 3
            case "MIST" | "STUN_HAMMER":
                return len(mine) < 2

    def use(self, side: int, kind: PowerUpKind, at: datetime, power_up_id: UUID) -> None:
        """A power-up is used that may be."""
        when = self.seconds(at)
        if kind == "TIME_MAKER":
            more = 1 + self.die(10, power_up_id)
            self.uses.append((side, kind, self.length, self.length + more))
            self.length += more
            return
        lasts = 30
        if kind == "GLOVE" and self.die(100, power_up_id) >= 30:
            lasts = 0
        for whose, of, _, end in self.uses:
            if (whose, of) == (side, kind):
                when = max(when, end)
        self.uses.append((side, kind, when, when + lasts))

    def points(self, side: int) -> int:
        """Of the result."""
        return sum(
            (gift.coins - gift.taken) * gift.multiplier
            for gift in self.gifts.values()
            if gift.side == side and not gift.late
        )

    def later_points(self, side: int) -> int:
        """After it."""
        return sum(
            ((gift.coins if gift.late else 0) - gift.taken_later) * gift.multiplier
            for gift in self.gifts.values()
            if gift.side == side
        )

    def winner(self) -> Winner:
        """By points."""
        left, right = self.points(0), self.points(1)
        if left == right:
            return "draw"
        return "left" if left > right else "right"
