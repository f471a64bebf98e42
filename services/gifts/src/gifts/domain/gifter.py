"""Gifters: points for all that they give, and levels that they reach by them (C22, C35)."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from gifts.domain.board import Score
from gifts.domain.level_table import LevelTable


class Gifter(NamedTuple):
    """How somebody stands; the fields are the columns."""

    user_id: str
    points: int
    """Coins of all gifts that were not taken back."""
    reached_level: int
    """The highest that was ever told of; 0: none."""
    reached_at: datetime | None


class Reached(NamedTuple):
    """A gifter has come to a level for the first time."""

    gifter: Gifter
    """As it stands now."""
    from_level: int
    """The highest that was told of before."""
    gift_id: UUID
    """The gift that brought them there."""
    creator_id: str
    """Who was given it."""


def level_at(gifter: Gifter, table: LevelTable, at: datetime) -> int:
    """Somebody's level; 0: none.

    What is taken back takes its points, and the level follows; but a level that was reached is
    kept for some days after that, whatever is taken back and whatever a new table says.
    """
    level = table.gifter_level(gifter.points)
    is_kept = gifter.reached_at is not None and at < gifter.reached_at + table.kept
    return max(level, gifter.reached_level) if is_kept else level


def net_points(scores: Iterable[Score]) -> dict[str, int]:
    """What changes of gifters' points, in the order of their ids."""
    net: Counter[str] = Counter()
    for score in scores:
        net[score.user_id] += score.coins
    return dict(sorted(net.items()))


def levels_reached(
    gifters: Iterable[Gifter], scores: Sequence[Score], table: LevelTable, *, at: datetime
) -> list[Reached]:
    """Who has come to a level that was never told of.

    Args:
        gifters: As they stand after the scores.
        scores: What has just been given, in order, and what was taken back of it at once.
        table: In force.
        at: Now.
    """
    higher = {
        gifter.user_id: gifter
        for gifter in gifters
        if table.gifter_level(gifter.points) > gifter.reached_level
    }
    return [_reached(higher[user_id], by, table, at) for user_id, by in _given_by(scores, higher)]


def _given_by(
    scores: Iterable[Score], users: Collection[str]
) -> Iterable[tuple[str, Sequence[Score]]]:
    by_user: dict[str, list[Score]] = {}
    for score in scores:
        if score.user_id in users:
            by_user.setdefault(score.user_id, []).append(score)
    return by_user.items()


def _reached(gifter: Gifter, scores: Sequence[Score], table: LevelTable, at: datetime) -> Reached:
    level = table.gifter_level(gifter.points)
    points = gifter.points - sum(score.coins for score in scores)
    for score in scores:
        points += score.coins
        if points >= table.gifter_points[level - 1] and score.gift_id is not None:
            after = gifter._replace(reached_level=level, reached_at=at)
            return Reached(after, gifter.reached_level, score.gift_id, score.creator_id)
    raise AssertionError("the points of a gifter are those after the scores")
