"""A statement as PDF, on paper that lies across: the same bytes whenever and wherever it is drawn.

Nothing of the clock, the machine or its zlib is in it: its dates are the moment it is as of, and
its streams are not compressed. The version of ReportLab is, so `requirements.lock` names one.
"""

import io
import unicodedata
from collections.abc import Generator, Iterable, Sequence
from functools import lru_cache
from importlib.resources import as_file, files
from itertools import zip_longest
from typing import Final

from reportlab.lib.pagesizes import A3, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from payouts import statement_rows
from payouts.domain.statement import Line, Statement
from payouts.statement_rows import Cell

LINES_MAX: Final = 100_000
"""What one document lists: some 30 MB, and four times that in memory while it is drawn."""

_FONT: Final = "LargesseVera"
_SIZE: Final = 5
_LEADING: Final = 7
_WIDTH, _HEIGHT = landscape(A3)
_MARGIN: Final = 28
_GAP: Final = 7
_BOTTOM: Final = 40
_COLUMN_WIDTHS: Final = {
    "at": 102,
    "kind": 62,
    "micro_diamonds": 60,
    "id": 116,
    "gift_id": 116,
    "adjusts": 28,
    "currency": 28,
    "gross_minor": 42,
    "fees_minor": 40,
    "withheld_minor": 48,
    "correction_minor": 54,
    "net_minor": 42,
    "commission_minor": 56,
}
"""Columns that are not here share what is left of the page."""

_WRITTEN_OTHERWISE: Final = {
    "R",
    "AL",
    "AN",
    "RLE",
    "RLO",
    "RLI",
    "LRE",
    "LRO",
    "LRI",
    "PDF",
    "PDI",
}
"""Directions that a font alone does not write."""


class Paper:
    """One document while it is drawn. Of all of them in a process, one is worked on at a time."""

    def __init__(self, statement: Statement) -> None:
        scope, known_at = statement.scope, statement.scope.known_at
        self._names = [column.name for column in statement_rows.columns(scope)]
        self._statement = statement
        self._bytes = io.BytesIO()
        canvas = Canvas(
            self._bytes, pagesize=(_WIDTH, _HEIGHT), invariant=1, pageCompression=0, lang="en"
        )
        canvas.setDateFormatter(lambda *_: f"D:{known_at:%Y%m%d%H%M%S}+00'00'")
        canvas.setTitle(f"Statement {scope.period}")
        canvas.setSubject(statement_rows.name_of(statement.scope))
        canvas.setAuthor("Largesse")
        canvas.setCreator("Largesse")
        self._canvas = canvas
        self._columns = _columns(self._names)
        self._page = 0
        self._turn()
        self._write_head()

    def add(self, lines: Iterable[Line]) -> None:
        """Write the next lines."""
        scope = self._statement.scope
        for line in lines:
            self._write_row(statement_rows.cells(line, scope))

    def leave_out(self, lines: int) -> None:
        """Say that there are more lines than a document lists."""
        self._write(
            f"{lines} lines, more than the {LINES_MAX} that a PDF lists: they are in the CSV."
        )

    def finish(self) -> bytes:
        """The document, which can be written no further."""
        self._end_page()
        self._canvas.save()
        return self._bytes.getvalue()

    def _turn(self) -> None:
        """Begin a page; the column's names stand on each."""
        if self._page:
            self._end_page()
        self._page += 1
        self._text = self._canvas.beginText()
        self._text.setFont(_FONT, _SIZE)
        self._y = _HEIGHT - _MARGIN
        if self._page > 1:
            self._write_names()

    def _end_page(self) -> None:
        statement = self._statement
        self._y = _MARGIN
        self._put(
            _MARGIN,
            f"{_shown(statement.creator_id)} {statement.scope.period} page {self._page}",
        )
        self._canvas.drawText(self._text)
        self._canvas.showPage()

    def _write_head(self) -> None:
        self._text.setFont(_FONT, 2 * _SIZE)
        self._y -= _SIZE
        self._write(f"Statement {self._statement.scope.period}")
        self._y -= _LEADING
        self._text.setFont(_FONT, _SIZE)
        facts = list(statement_rows.facts(self._statement))
        if self._statement.sha256 is not None:
            facts.append(("sha256_of_csv", self._statement.sha256))
        for name, value in facts:
            self._put(_MARGIN, name)
            self._put(_MARGIN + 120, _shown(str(value)))
            self._y -= _LEADING
        self._y -= _LEADING
        self._write_names()

    def _write_names(self) -> None:
        self._write_row(self._names)

    def _write_row(self, cells: Sequence[Cell]) -> None:
        """Text that is too long for its column goes on below, there."""
        parts = [
            _split(_shown(str(cell)), width)
            for cell, (_, width) in zip(cells, self._columns, strict=True)
        ]
        for pieces in zip_longest(*parts, fillvalue=""):
            if self._y < _BOTTOM:
                self._turn()
            for piece, cell, (left, width) in zip(pieces, cells, self._columns, strict=True):
                if piece:
                    is_number = isinstance(cell, int)
                    self._put(left + width - _width(piece) if is_number else left, piece)
            self._y -= _LEADING

    def _write(self, text: str) -> None:
        self._put(_MARGIN, text)
        self._y -= _LEADING

    def _put(self, x: float, text: str) -> None:
        self._text.setTextOrigin(x, self._y)
        self._text.textOut(text)


def _columns(names: Sequence[str]) -> Sequence[tuple[float, float]]:
    """Left edge and width of each column, in points."""
    others = [name for name in names if name not in _COLUMN_WIDTHS]
    taken = sum(_COLUMN_WIDTHS.get(name, 0) for name in names) + _GAP * (len(names) - 1)
    share = (_WIDTH - 2 * _MARGIN - taken) / max(1, len(others))
    assert share > 0, "the columns are wider than the page"
    places: list[tuple[float, float]] = []
    left = float(_MARGIN)
    for name in names:
        width = _COLUMN_WIDTHS.get(name, share)
        places.append((left, width))
        left += width + _GAP
    return places


def _split(text: str, width: float) -> Sequence[str]:
    """Text in pieces that fit."""
    return (text,) if _width(text) <= width else tuple(_pieces(text, width))


def _pieces(text: str, width: float) -> Generator[str]:
    piece, used = "", 0.0
    for char in text:
        advance = _width(char)
        if piece and used + advance > width:
            yield piece
            piece, used = "", 0.0
        piece, used = piece + char, used + advance
    yield piece


def _shown(text: str) -> str:
    r"""As the font can write it: what it lacks, and what takes more than glyphs, as \u{4e2d}."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown_char, text))


@lru_cache(maxsize=4_096)
def _shown_char(char: str) -> str:
    is_written = (
        ord(char) in _GLYPHS
        and char.isprintable()
        and not unicodedata.combining(char)
        and unicodedata.bidirectional(char) not in _WRITTEN_OTHERWISE
    )
    return char if is_written else f"\\u{{{ord(char):x}}}"


def _width(text: str) -> float:
    return pdfmetrics.stringWidth(text, _FONT, _SIZE)


def _load_font() -> frozenset[int]:
    """Register the font that ReportLab ships, and that one only; the code points that it has."""
    with as_file(files("reportlab") / "fonts" / "Vera.ttf") as path:
        font = TTFont(_FONT, str(path))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


_GLYPHS: Final = _load_font()
