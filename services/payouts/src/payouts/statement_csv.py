"""A statement as CSV: the same bytes whenever it is written, which its hash is of."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from payouts import statement_rows
from payouts.domain.statement import Line, Scope, Statement
from payouts.statement_rows import Cell

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def head(statement: Statement) -> bytes:
    """What stands above the lines."""
    names = [column.name for column in statement_rows.columns(statement.scope)]
    return _written([*statement_rows.facts(statement), (), names])


def body(lines: Iterable[Line], scope: Scope) -> bytes:
    """Some of the lines, in their order."""
    return _written(statement_rows.cells(line, scope) for line in lines)


def _written(rows: Iterable[Iterable[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _plain(cell: Cell) -> Cell:
    """Text of others must not be taken for a formula by a spreadsheet; numbers are ours."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
