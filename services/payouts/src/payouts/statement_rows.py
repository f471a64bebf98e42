"""What a statement's documents say: the one source of every form that it is downloaded in.

Changing anything here changes documents that were issued: a new form needs a new number in `FORM`,
which the marks that are made from then on keep. The first said nothing of money; the second says
what of a payout was withheld, and why; the third what of it agencies got, and to an agency, whose
payouts it earned of.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from payouts.domain.statement import Line, Period, Scope, Statement

FORM: Final = 3
"""The newest."""

type Cell = str | int


class Column(NamedTuple):
    """One thing that is said of each line."""

    name: str
    of: Callable[[Line, Period], Cell]
    """Of a line in the statement of a month."""


_COLUMNS: Final = (
    Column("at", lambda line, _: _moment(line.at)),
    Column("kind", lambda line, _: line.kind.value),
    Column("micro_diamonds", lambda line, _: line.micro_diamonds),
    Column("id", lambda line, _: str(line.entry_id)),
    Column("gift_id", lambda line, _: str(line.gift_id or "")),
    Column("reason", lambda line, _: line.reason or ""),
    Column("adjusts", lambda line, period: str(line.adjusts(period) or "")),
)
_OF_MONEY: Final = tuple(
    Column(name, lambda line, _, place=place: _money(line, place))
    for place, name in enumerate(
        (
            *("currency", "gross_minor", "fees_minor", "withheld_minor", "withheld_because"),
            *("correction_minor", "net_minor"),
        )
    )
)
_OF_COMMISSIONS: Final = (
    Column("commission_minor", lambda line, _: _commission(line)),
    Column("commission_of", lambda line, _: line.commission.creator_id if line.commission else ""),
)


def name_of(scope: Scope) -> str:
    """The form of a document."""
    return f"largesse-statement-{scope.form}"


def columns(scope: Scope) -> Sequence[Column]:
    """Those of the statement's form."""
    if scope.form == 1:
        return _COLUMNS
    return _COLUMNS + _OF_MONEY + (_OF_COMMISSIONS if scope.form > 2 else ())


def facts(statement: Statement) -> Sequence[tuple[str, Cell]]:
    """What stands above the lines, each with its name."""
    scope, totals = statement.scope, statement.totals
    return (
        ("form", name_of(scope)),
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


def cells(line: Line, scope: Scope) -> Sequence[Cell]:
    """A line of a statement, column by column."""
    return [column.of(line, scope.period) for column in columns(scope)]


def _money(line: Line, place: int) -> Cell:
    """One thing of what is said of a payout's money, or an agency's; nothing of other lines."""
    if line.commission is not None and place == 0:
        return line.commission.currency
    value = None if line.money is None else line.money[place]
    return "" if value is None else value


def _commission(line: Line) -> Cell:
    """Of a payout what agencies got, of an agency what it did."""
    if line.commission is not None:
        return line.commission.amount_minor
    return "" if line.money is None else line.money.commission_minor


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
