"""What a statement's documents say: the one source of every form that it is downloaded in.

Changing anything here changes documents that were issued: a new form needs a new number in `FORM`,
and statements that keep theirs.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from payouts.domain.statement import Line, Period, Statement

FORM: Final = "largesse-statement-1"

type Cell = str | int


class Column(NamedTuple):
    """One thing that is said of each line."""

    name: str
    of: Callable[[Line, Period], Cell]
    """Of a line in the statement of a month."""


COLUMNS: Final = (
    Column("at", lambda line, _: _moment(line.at)),
    Column("kind", lambda line, _: line.kind.value),
    Column("micro_diamonds", lambda line, _: line.micro_diamonds),
    Column("id", lambda line, _: str(line.entry_id)),
    Column("gift_id", lambda line, _: str(line.gift_id or "")),
    Column("reason", lambda line, _: line.reason or ""),
    Column("adjusts", lambda line, period: str(line.adjusts(period) or "")),
)


def facts(statement: Statement) -> Sequence[tuple[str, Cell]]:
    """What stands above the lines, each with its name."""
    scope, totals = statement.scope, statement.totals
    return (
        ("form", FORM),
        ("creator", statement.creator_id),
        ("number", "" if statement.number is None else statement.number),
        ("period", str(scope.period)),
        ("known_at", _moment(scope.known_at)),
        ("opening_micro_diamonds", totals.opening),
        ("earned_micro_diamonds", totals.earned),
        ("reversed_micro_diamonds", totals.reversed),
        ("paid_out_micro_diamonds", totals.paid_out),
        ("closing_micro_diamonds", totals.closing),
    )


def cells(line: Line, period: Period) -> Sequence[Cell]:
    """A line of the statement of a month, column by column."""
    return [column.of(line, period) for column in COLUMNS]


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
