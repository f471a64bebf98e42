"""Fan clubs: who joins one, stays in it and rises there (C23).

Who gives the club's item joins. A member who was not active since before a live of the creator has
some days after its end to give something; then the membership lapses, and points are lost, the more
the longer it stays so. Giving the item again joins again. All of it follows from times, so nothing
has to be done when a membership lapses.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from gifts.domain.board import Score, ScoreKey, Total
from gifts.domain.level_table import LevelTable, LevelTables

type ChangeKind = Literal["JOINED", "REJOINED", "LEVEL_REACHED", "ENDED", "RESUMED"]


class Member(NamedTuple):
    """Somebody who ever joined a creator's club; the fields are the columns."""

    creator_id: str
    user_id: str
    joined_gift_id: UUID
    """By which they joined last."""
    joined_at: datetime
    """When it was charged."""
    is_taken_back: bool
    """Whether all of it was taken back: then the membership has ended."""
    active_at: datetime
    """When their newest gift as a member was charged."""
    decayed_points: int
    """What they lost by lapsing before they joined last."""
    reached_level: int
    """The highest in the club that was ever told of."""

    @property
    def key(self) -> ScoreKey:
        """Creator and user."""
        return self.creator_id, self.user_id


class Standing(NamedTuple):
    """A member, and the live after which the membership lapses."""

    member: Member
    live_ended_at: datetime | None
    """Of the first live of the creator that began after the member was active, when it ended; None:
    there was none, or it goes on."""

    def lapses_at(self, table: LevelTable) -> datetime | None:
        """When the membership lapses unless the member gives something before; None: not yet."""
        return None if self.live_ended_at is None else self.live_ended_at + table.club_active

    def is_active(self, table: LevelTable, at: datetime) -> bool:
        """Whether they are a member at a moment."""
        lapses_at = self.lapses_at(table)
        return not self.member.is_taken_back and (lapses_at is None or at < lapses_at)

    def points(self, coins: int, table: LevelTable, at: datetime) -> int:
        """Their points at a moment.

        Args:
            coins: All that they gave the creator and that was not taken back; what they gave before
                they joined counts too.
            table: In force.
            at: The moment.
        """
        points = points_of(self.member, coins)
        lapses_at = self.lapses_at(table)
        if lapses_at is None or at < lapses_at:
            return points
        falls = 1 + (at - lapses_at) // table.club_decay
        return points * table.club_decay_keeps_pct**falls // 100**falls


class Joining(NamedTuple):
    """A gift of which nothing is left, or something is again: somebody may have joined by it."""

    creator_id: str
    user_id: str
    gift_id: UUID
    is_taken_back: bool
    """Whether nothing is left."""


class Change(NamedTuple):
    """Something has changed of a membership."""

    member: Member
    """After it."""
    kind: ChangeKind
    level: int | None
    """In the club; None where the membership ends, or goes on."""
    gift_id: UUID
    """By which it came about."""


def points_of(member: Member, coins: int) -> int:
    """The points of a member who has not lapsed.

    What was lost by lapsing stays lost, and what is taken back goes off what is left.
    """
    return max(coins - member.decayed_points, 0)


def parts(scores: Sequence[Score], tables: LevelTables) -> Iterable[Sequence[Score]]:
    """What was given, cut so that within each part nobody lapses who was active in it.

    Nearly always it is one part: whoever lapses has stayed away for days.
    """
    span = min((table.club_active for table in tables.versions), default=timedelta.max)
    given_at = [score.given_at for score in scores]
    if scores and max(given_at) - min(given_at) < span:
        yield scores
        return
    first = 0
    times: list[datetime] = []
    for position, score in enumerate(scores):
        times = [min([*times, score.given_at]), max([*times, score.given_at])]
        if times[1] - times[0] >= span:
            yield scores[first:position]
            first, times = position, [score.given_at]
    if scores:
        yield scores[first:]


class ClubLedger:
    """Memberships in memory while gifts are given."""

    def __init__(self, tables: LevelTables) -> None:
        """`tables`: all of them."""
        self._tables = tables
        self._standings: dict[ScoreKey, Standing] = {}
        self._joined: dict[ScoreKey, ChangeKind] = {}
        self._gave: dict[ScoreKey, UUID] = {}
        self.changed: dict[ScoreKey, Member] = {}
        """Members who joined or rose since the last part."""
        self.active: dict[ScoreKey, datetime] = {}
        """When others were active since then."""
        self.levels: dict[ScoreKey, int] = {}
        """Once they have risen, the levels of all who gave as members."""

    def know(self, standings: Iterable[Standing]) -> None:
        """Before each of the `parts`: how those stand who give in it, if they ever joined."""
        for key, at in self.active.items():
            member = self._standings[key].member._replace(active_at=at)
            self._standings[key] = Standing(member, None)
        self.changed.clear()
        self.active.clear()
        for standing in standings:
            self._standings[standing.member.key] = standing

    def give(self, score: Score, coins_before: Callable[[], int]) -> None:
        """Add a gift, of one of the `parts`.

        Args:
            score: What was given.
            coins_before: What the giver had given the creator before it, and still counted.
        """
        key, at = score.key, score.given_at
        table = self._tables.in_force(at)
        if table is None or score.gift_id is None:
            return
        standing = self._standings.get(key)
        # No live can have ended since so long ago that they lapse within this part.
        if (
            key in self.active
            or key in self.changed
            or (standing is not None and standing.is_active(table, at))
        ):
            assert standing is not None, "whoever was active is a member"
            self._gave[key] = score.gift_id
            if at > standing.member.active_at:
                if key in self.changed:
                    self._change(standing.member._replace(active_at=at))
                else:
                    self.active[key] = max(at, self.active.get(key, at))
        elif score.item_id == table.club_item_id:
            self._gave[key] = score.gift_id
            self._joined[key] = "JOINED" if standing is None else "REJOINED"
            self._change(
                _new_member(score, score.gift_id)
                if standing is None
                else _member_again(standing, score, score.gift_id, table, coins_before())
            )

    def rise(self, totals: Mapping[ScoreKey, Total], table: LevelTable) -> list[Change]:
        """Bring those who gave as members to the levels that they have now; what has changed.

        Args:
            totals: What each who gave has given the creator by now.
            table: In force.
        """
        changes: list[Change] = []
        for key, gift_id in self._gave.items():
            member = self._standings[key].member
            level = self.levels[key] = table.club_level(points_of(member, totals[key].coins))
            rises = level > member.reached_level
            if rises:
                member = self._change(member._replace(reached_level=level))
            if key in self._joined:
                changes.append(Change(member, self._joined[key], level, member.joined_gift_id))
            elif rises:
                changes.append(Change(member, "LEVEL_REACHED", level, gift_id))
        return changes

    def _change(self, member: Member) -> Member:
        active_at = max(member.active_at, self.active.pop(member.key, member.active_at))
        member = self.changed[member.key] = member._replace(active_at=active_at)
        self._standings[member.key] = Standing(member, None)
        return member


def _new_member(score: Score, gift_id: UUID) -> Member:
    return Member(
        creator_id=score.creator_id,
        user_id=score.user_id,
        joined_gift_id=gift_id,
        joined_at=score.given_at,
        is_taken_back=False,
        active_at=score.given_at,
        decayed_points=0,
        reached_level=1,
    )


def _member_again(
    standing: Standing, score: Score, gift_id: UUID, table: LevelTable, coins: int
) -> Member:
    before = standing.member
    lost = points_of(before, coins) - standing.points(coins, table, score.given_at)
    return before._replace(
        joined_gift_id=gift_id,
        joined_at=score.given_at,
        is_taken_back=False,
        active_at=max(before.active_at, score.given_at),
        decayed_points=before.decayed_points + lost,
    )
