"""A statement on paper: everything is on it, whatever is written, and the same bytes for ever."""

import csv
import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from payouts import statement_csv, statement_rows
from payouts.domain.statement import Line, LineKind, Period, Scope, Statement, Totals
from payouts.statement_pdf import Paper
from payouts.statement_rows import Column
from payouts.testing.documents import read_pages

MAY = Period(2026, 5)
KNOWN_AT = datetime(2026, 6, 1, 0, 10, 3, 456_789, tzinfo=UTC)
SHA256 = "5e" * 32
SCOPE = Scope(MAY, KNOWN_AT, "1:1:", None, "0", statement_rows.FORM, is_closed=True)
NAMES = " ".join(column.name for column in statement_rows.columns(SCOPE))


def a_statement(creator_id: str = "star") -> Statement:
    return Statement(creator_id, 7, SCOPE, Totals(5, 2**53 - 1, 3, -2), SHA256)


def a_line(place: int = 0, reason: str | None = None) -> Line:
    return Line(
        at=MAY.starts + timedelta(seconds=place),
        entry_id=UUID(int=place * 7_919**9 % 2**128),
        step=1,
        kind=LineKind.REVERSED,
        micro_diamonds=-(10**9) - place,
        gift_id=UUID(int=place),
        payout_status=None,
        recorded_reason=reason,
        belongs_to=MAY.starts - timedelta(days=place % 2),
    )


def drawn(lines: Sequence[Line], statement: Statement | None = None) -> bytes:
    paper = Paper(statement or a_statement())
    paper.add(lines)
    return paper.finish()


def texts(lines: Sequence[Line]) -> list[str]:
    """What a person reads of each line."""
    return [
        " ".join(str(cell) for cell in statement_rows.cells(line, SCOPE) if cell) for line in lines
    ]


def test_the_bytes_are_those_of_any_time_and_machine() -> None:
    """If this fails with a new version of ReportLab, documents that were issued would change: say
    in `statement_rows.FORM` and here which form they have from now on, or stay with the old one."""
    digest = hashlib.sha256(drawn([a_line(place, "refund") for place in range(200)])).hexdigest()

    assert digest == "c2db52a8d43be0273833a7276764d10c302a9615afd462053de5279dd9821067"


def test_its_dates_are_the_moment_it_is_as_of() -> None:
    """Not the one at which it was drawn."""
    found = PdfReader(io.BytesIO(drawn([a_line()]))).metadata

    assert found is not None
    known_at = KNOWN_AT.replace(microsecond=0)
    assert (found.creation_date, found.modification_date) == (known_at, known_at)
    assert (found.title, found.subject) == ("Statement 2026-05", "largesse-statement-3")


@pytest.mark.parametrize("count", [0, 1, 53, 400])
def test_every_line_is_on_it_once_and_in_order(count: int) -> None:
    """Over as many pages as it takes; each says what its columns are."""
    lines = [a_line(place, "refund") for place in range(count)]

    pages = read_pages(drawn(lines))

    bodies = [page[page.index(NAMES) + 1 : -1] for page in pages]
    assert [line for body in bodies for line in body] == texts(lines)
    assert [page[-1] for page in pages] == [
        f"star 2026-05 page {number}" for number in range(1, len(pages) + 1)
    ]
    assert pages[0][1 : pages[0].index(NAMES)] == [
        *(f"{name} {value}" for name, value in statement_rows.facts(a_statement())),
        f"sha256_of_csv {SHA256}",
    ]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("Grüße, señor Łukasz €", "Grüße, señor Łukasz €"),
        ("中文", r"\u{4e2d}\u{6587}"),
        ("Привет", r"\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
        ("\N{PARTY POPPER}", r"\u{1f389}"),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}b", r"a\u{202e}b"),
        ("e\N{COMBINING ACUTE ACCENT}", r"e\u{301}"),
        ("two\nlines\x00", r"two\u{a}lines\u{0}"),
        ("(brackets) \\ and )Tj ET", "(brackets) \\ and )Tj ET"),
    ],
    ids=["latin", "chinese", "cyrillic", "emoji", "override", "combining", "controls", "operators"],
)
def test_what_the_font_cannot_write_is_told_by_code_point(reason: str, shown: str) -> None:
    """Nothing is left out, and nothing of it is taken for a part of the document."""
    line = a_line(1)

    [page] = read_pages(
        drawn([line._replace(recorded_reason=reason)], a_statement(creator_id=reason))
    )

    # Line breaks where a text is too long for its column are no part of it.
    assert shown.replace(" ", "") in "".join(page).replace(" ", "")
    assert f"creator {shown}" in page


@settings(max_examples=40)
@given(st.text(max_size=600))
def test_no_text_breaks_it(reason: str) -> None:
    """However long it is, what follows is still there."""
    pages = read_pages(drawn([a_line(1, reason), a_line(2, "refund")]))

    assert texts([a_line(2, "refund")])[0] in pages[-1]


def test_a_text_longer_than_a_page_goes_on() -> None:
    """From its column to the same one on the next page."""
    reason = "".join(f"{number:05}" for number in range(1_500))

    pages = read_pages(drawn([a_line(1, reason)]))

    def of_reason(page: Sequence[str]) -> str:
        """What is in no other column: digits alone, or behind the others on the first line."""
        words = [line.split(" ")[-2 if "REVERSED" in line else -1] for line in page]
        return "".join(word for word in words if word.isdigit())

    told = "".join(of_reason(page[page.index(NAMES) + 1 : -1]) for page in pages)
    assert len(pages) > 1
    assert told == reason


def test_a_new_column_is_in_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are written from the same columns."""
    withheld = Column("withheld_micro_diamonds", lambda line, _: line.micro_diamonds // 10)
    first = SCOPE._replace(form=1)
    known = statement_rows.columns(first)
    monkeypatch.setattr(statement_rows, "columns", lambda _scope: (*known, withheld))
    line = a_line(4, "refund")

    table = statement_csv.head(a_statement()) + statement_csv.body([line], SCOPE)
    [page] = read_pages(drawn([line]))

    names, cells = list(csv.reader(io.StringIO(table.decode(), newline="")))[-2:]
    assert (names[-1], cells[-1]) == ("withheld_micro_diamonds", "-100000001")
    assert " ".join(names) in page
    assert page[-2].endswith(" -100000001")
