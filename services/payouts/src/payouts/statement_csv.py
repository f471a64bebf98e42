"""A statement as a document: the same bytes whenever it is written, which its hash is of.

Changing anything here changes documents that were issued: a new form needs a new number in `FORM`,
which the marks that are made from then on keep. The first said nothing of money; the second says
what of a payout was withheld, and why; the third what of it agencies got, and to an agency, whose
payouts it earned of.
"""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from payouts.domain.statement import Line, Scope, Statement

FORM: Final = 3
"""The newest."""
_COLUMNS: Final = ("at", "kind", "micro_diamonds", "id", "gift_id", "reason", "adjusts")
_OF_MONEY: Final = (
    *("currency", "gross_minor", "fees_minor", "withheld_minor", "withheld_because"),
    *("correction_minor", "net_minor"),
)
_OF_COMMISSIONS: Final = ("commission_minor", "commission_of")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def head(statement: Statement) -> bytes:
    """What stands above the lines."""
    scope, totals = statement.scope, statement.totals
    rows = (
        ("form", f"largesse-statement-{scope.form}"),
        ("creator", _text(statement.creator_id)),
        ("number", "" if statement.number is None else statement.number),
        ("period", scope.period),
        ("known_at", _moment(scope.known_at)),
        ("opening_micro_diamonds", totals.opening),
        ("earned_micro_diamonds", totals.earned),
        ("reversed_micro_diamonds", totals.reversed),
        ("paid_out_micro_diamonds", totals.paid_out),
        ("closing_micro_diamonds", totals.closing),
        (),
        _columns(scope.form),
    )
    return _written(rows)


def body(lines: Iterable[Line], scope: Scope) -> bytes:
    """Some of the lines, in their order."""
    return _written(
        (
            _moment(line.at),
            line.kind,
            line.micro_diamonds,
            line.entry_id,
            line.gift_id or "",
            _text(line.reason or ""),
            line.adjusts(scope.period) or "",
            *_money(line, scope.form),
        )
        for line in lines
    )


def _columns(form: int) -> tuple[str, ...]:
    if form == 1:
        return _COLUMNS
    return _COLUMNS + _OF_MONEY + (_OF_COMMISSIONS if form > 2 else ())


def _money(line: Line, form: int) -> tuple[object, ...]:
    if form == 1:
        return ()
    *of_payout, commission_minor = line.money or ("",) * (len(_OF_MONEY) + 1)
    commission_of = ""
    if line.commission is not None:
        of_payout[0], commission_minor, commission_of = line.commission
    values = (*of_payout, *((commission_minor, _text(commission_of)) if form > 2 else ()))
    return tuple("" if each is None else each for each in values)


def _written(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _text(text: str) -> str:
    """Text of others, which a spreadsheet must not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
