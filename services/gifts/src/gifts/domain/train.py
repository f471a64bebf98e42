"""Trains: many people in a room give together (C20). Points are coins, and no money.

A train begins when enough different people have each given enough within the window, by the
wallet's clock; no single one can start it. It ends by this service's clock, some time after it
began or came to its newest level. What gifts do to it is written with them, under the room's lock.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from chassis.ids import derived_id
from gifts.domain.room_ledger import Taken
from gifts.domain.room_streak import Given
from gifts.domain.train_rules import TrainRules


class Spark(msgspec.Struct, frozen=True, array_like=True):
    """The newest gift of somebody that may start a train."""

    user_id: str
    gift_id: UUID
    coins: int
    charged_at: datetime


class TrainGift(NamedTuple):
    """Coins of a gift that came to a train, or were taken back; the fields are columns."""

    train_id: UUID
    seq: int
    gift_id: UUID
    user_id: str
    coins: int
    """Negative where they are taken back."""


class Train(msgspec.Struct):
    """A train of a room as it stands."""

    train_id: UUID
    room_id: UUID
    rules: TrainRules
    started_at: datetime
    expires_at: datetime
    progress: int = 0
    """Coins given to it, without what was taken back while it ran."""
    level: int = 1
    """That it works at. What was reached stays reached."""
    gifts: int = 0
    """The newest number in its log."""
    ended_at: datetime | None = None
    begin_told: bool = False
    """Whether a frame has said that it began; the same of its end."""
    end_told: bool = False

    @property
    def target(self) -> int:
        """Coins at which its level is reached."""
        return self.rules.targets[self.level - 1]

    def add(self, gift_id: UUID, user_id: str, coins: int, *, at: datetime) -> TrainGift:
        """Add coins of a gift; each level that is reached makes it go on for longer."""
        self.progress += coins
        self.gifts += 1
        while self.level < len(self.rules.targets) and self.progress >= self.target:
            self.level += 1
            self.expires_at = at + self.rules.length
        return TrainGift(self.train_id, self.gifts, gift_id, user_id, coins)

    def take(self, gift_id: UUID, user_id: str, coins: int) -> TrainGift:
        """Take coins back; the levels that were reached stay."""
        self.progress -= coins
        self.gifts += 1
        return TrainGift(self.train_id, self.gifts, gift_id, user_id, -coins)

    def end_if_over(self, at: datetime, *, closing: bool = False) -> bool:
        """End it once its time is over, or with its room; whether that has happened now."""
        if self.ended_at is not None or not (closing or at >= self.expires_at):
            return False
        self.ended_at = max(at, self.started_at)
        return True


class Platform(msgspec.Struct):
    """Where a room's trains begin: the newest one, and those who may start the next."""

    room_id: UUID
    train: Train | None = None
    sparks: list[Spark] = []

    def give(self, gift: Given, rules: TrainRules | None, *, at: datetime) -> list[TrainGift]:
        """Add a gift to the train that runs, or let it help to start one; what it did.

        The next one begins when the last has cooled down, and viewers have been told of its end.

        Args:
            gift: Of this room, charged.
            rules: In force: a new train goes by them. None: the gift is below `QUALIFYING_MIN`.
            at: Now. What is over by then has ended: see `Train.end_if_over`.
        """
        train = self.train
        if train is not None:
            if train.ended_at is None:
                return [train.add(gift.gift_id, gift.sender_id, gift.coins, at=at)]
            if not train.end_told or at < train.ended_at + train.rules.cooldown:
                return []
        if rules is None or gift.coins < rules.qualifying_coins:
            return []
        self.sparks = kept(self.sparks, gift, rules)
        if len(self.sparks) < rules.starters:
            return []
        started, self.sparks = self.sparks, []
        self.train = Train(
            train_id=derived_id(gift.gift_id, "train"),
            room_id=self.room_id,
            rules=rules,
            started_at=at,
            expires_at=at + rules.length,
        )
        return [self.train.add(each.gift_id, each.user_id, each.coins, at=at) for each in started]

    def take(self, loss: Taken, train_id: UUID | None) -> list[TrainGift]:
        """Take back what is taken back of a gift, or give it back; what that did.

        Of a train that has ended nothing is taken back: it was seen. A gift that might have helped
        to start one does so no more.

        Args:
            loss: Of this room.
            train_id: The train that the gift came to, if it came to any.
        """
        if any(each.gift_id == loss.gift_id for each in self.sparks):
            self.sparks = [each for each in self.sparks if each.gift_id != loss.gift_id]
        train = self.train
        if train is None or train.ended_at is not None or train.train_id != train_id:
            return []
        return [train.take(loss.gift_id, loss.sender_id, loss.coins)]


def kept(sparks: Iterable[Spark], gift: Given, rules: TrainRules) -> list[Spark]:
    """The newest gifts of different people that may start a train together, with one more."""
    newest = max([gift.charged_at, *(each.charged_at for each in sparks)])
    mine = Spark(gift.sender_id, gift.gift_id, gift.coins, gift.charged_at)
    others = [each for each in sparks if each.user_id != gift.sender_id]
    return [each for each in (*others, mine) if each.charged_at > newest - rules.window]
