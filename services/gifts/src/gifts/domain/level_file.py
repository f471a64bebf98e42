"""The form in which a level table is written down, and what makes one fit to be published."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta

from contracts.event import COINS_MAX, Instant
from gifts.domain.level_table import LEVELS_MAX, LevelTable

type _Days = Annotated[int, Meta(gt=0, le=3650)]
type _Steps = Annotated[
    tuple[Annotated[int, Meta(ge=0, le=COINS_MAX)], ...], Meta(min_length=1, max_length=LEVELS_MAX)
]


class LevelTableError(Exception):
    """The table cannot be published; the message lists everything that is wrong with it."""


class GifterEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Levels of gifters."""

    kept_days: Annotated[int, Meta(ge=0, le=3650)]
    points: _Steps
    """From which each level is reached, from the first on."""


class ClubEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fan clubs."""

    item_id: str
    active_days: _Days
    decay_days: _Days
    decay_keeps_pct: Annotated[int, Meta(ge=0, le=100)]
    points: _Steps


class LevelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version as its author writes it."""

    version: Annotated[int, Meta(gt=0, le=2**31 - 1)]
    gifters: GifterEntry
    fan_clubs: ClubEntry
    effective_from: Instant | None = None
    """When it begins to count; left out, as soon as it is published."""


def read_levels(text: bytes) -> LevelFile:
    """Read and check a level table.

    Raises:
        LevelTableError: It is not JSON of this form, or breaks a rule.
    """
    try:
        file = msgspec.json.decode(text, type=LevelFile)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LevelTableError(str(error)) from error
    problems = [
        *_step_problems("gifters", file.gifters.points),
        *_step_problems("fan_clubs", file.fan_clubs.points),
    ]
    if file.gifters.points[0] == 0:
        problems.append("gifters: level 1 takes 0 points, and who gives nothing has no level")
    if file.fan_clubs.points[0] != 0:
        problems.append("fan_clubs: level 1 takes points, but every member has it: write 0")
    if problems:
        raise LevelTableError("; ".join(problems))
    return file


def table_of(file: LevelFile, *, published_at: datetime) -> LevelTable:
    """The table that a file describes, if it is published at that time."""
    gifters, clubs = file.gifters, file.fan_clubs
    return LevelTable(
        version=file.version,
        effective_from=file.effective_from or published_at,
        kept_days=gifters.kept_days,
        gifter_points=gifters.points,
        club_item_id=clubs.item_id,
        club_active_days=clubs.active_days,
        club_decay_days=clubs.decay_days,
        club_decay_keeps_pct=clubs.decay_keeps_pct,
        club_points=clubs.points,
    )


def _step_problems(ladder: str, steps: Sequence[int]) -> Iterator[str]:
    for level, (lower, higher) in enumerate(pairwise(steps), 2):
        if higher <= lower:
            yield f"{ladder}: level {level} takes {higher} points, level {level - 1} takes {lower}"
