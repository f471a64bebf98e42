"""The document `Statement`, word for word, who may ask it, and the download that it leads to."""

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pypdf import PdfReader
from starlette.applications import Starlette

from chassis.auth import Viewer
from chassis.testing.databases import Database
from local_stack.operations import documents
from payouts import statement_pdf
from payouts.commands import read_statement
from payouts.edge.statement_download import statement_downloads
from payouts.links import Form, Links
from payouts.testing.asking import answer_to
from payouts.testing.documents import read_pages
from payouts.testing.paying import CREATOR, LINKS, add_method, request, review
from payouts.testing.stating import LAG, earn_in, let_time_be_told, tick

STAR = Viewer(CREATOR, frozenset({"viewer", "creator"}))
MAY = datetime(2026, 5, 10, 12, tzinfo=UTC)
JUNE = datetime(2026, 6, 10, 12, tzinfo=UTC)
BY_ID = """
query ($period: String!, $knownAt: DateTime) {
  creator(id: "star") {
    statement(period: $period, knownAt: $knownAt) { number closing { microDiamonds } }
  }
}
"""
LINES = """
query ($first: Int, $after: String, $last: Int, $before: String) { me { creator {
  statement(period: "2026-05") {
    lines(first: $first, after: $after, last: $last, before: $before) {
      nodes { at kind microDiamonds giftId payoutId reason adjusts }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
} } }
"""


@pytest.fixture
async def may(database: Database) -> Database:
    """Three gifts and a payout in May, and one gift in June, in which it is now."""
    pool = database.pool
    await let_time_be_told(pool)
    await tick(pool, MAY - timedelta(days=1))
    await review(pool, at=MAY)
    method = await add_method(pool, at=MAY)
    for minutes in range(3):
        await earn_in(pool, 4_000, MAY + timedelta(minutes=minutes))
    await request(pool, method, 2_000_000_000, at=MAY + timedelta(days=1))
    await earn_in(pool, 2, JUNE)
    await tick(pool, JUNE)
    return database


async def run(
    database: Database, document: str, viewer: Viewer | None = STAR, **variables: Any
) -> Any:
    return await answer_to(
        database.pool, viewer, documents().get(document, document), variables, JUNE
    )


async def statement(database: Database, period: str, **variables: Any) -> Any:
    body = await run(database, "Statement", period=period, **variables)
    assert "errors" not in body, body
    return body["data"]["me"]["creator"]["statement"]


async def test_the_document_as_front_ends_send_it(may: Database) -> None:
    found = await statement(may, "2026-05")

    lines = found.pop("lines")
    csv_url, pdf_url = found.pop("csvUrl"), found.pop("pdfUrl")
    digest = found.pop("sha256")
    assert found == {
        "number": 1,
        "period": "2026-05",
        "knownAt": JUNE.isoformat(),
        "opening": {"microDiamonds": 0},
        "earned": {"microDiamonds": 6_000_000_000},
        "reversed": {"microDiamonds": 0},
        "paidOut": {"microDiamonds": 2_000_000_000},
        "closing": {"microDiamonds": 4_000_000_000},
    }
    assert [(line["kind"], line["microDiamonds"]) for line in lines["nodes"]] == [
        *[("EARNED", 2_000_000_000)] * 3,
        ("PAID_OUT", -2_000_000_000),
    ]
    assert [line["giftId"] is None for line in lines["nodes"]] == [False] * 3 + [True]
    assert not lines["pageInfo"]["hasNextPage"]
    assert len(digest) == 64
    assert csv_url.startswith("https://payouts.test/statements/csv?link=")
    assert pdf_url.startswith("https://payouts.test/statements/pdf?link=")


async def test_a_month_that_runs_has_no_number(may: Database) -> None:
    """Its hash is of what would be downloaded now; asked as of the same moment, it is the same."""
    found = await statement(may, "2026-06")
    await earn_in(may.pool, 2, JUNE)
    await tick(may.pool, JUNE + timedelta(hours=1))
    again = await statement(may, "2026-06", knownAt=found["knownAt"])
    now = await statement(may, "2026-06")

    assert (found["number"], found["closing"]) == (None, {"microDiamonds": 4_001_000_000})
    assert again == found
    assert now["sha256"] != found["sha256"]
    assert now["earned"] == {"microDiamonds": 2_000_000}


@pytest.mark.parametrize("size", [1, 3, 4])
async def test_pages_are_all_lines_once(may: Database, size: int) -> None:
    """From either end."""

    async def read(**page: Any) -> Any:
        body = await run(may, LINES, **page)
        return body["data"]["me"]["creator"]["statement"]["lines"]

    everything = (await read(first=100))["nodes"]
    forward: list[Any] = []
    page = await read(first=size)
    forward += page["nodes"]
    while page["pageInfo"]["hasNextPage"]:
        page = await read(first=size, after=page["pageInfo"]["endCursor"])
        forward += page["nodes"]
    backward: list[Any] = []
    page = await read(last=size)
    backward[:0] = page["nodes"]
    while page["pageInfo"]["hasPreviousPage"]:
        page = await read(last=size, before=page["pageInfo"]["startCursor"])
        backward[:0] = page["nodes"]

    assert forward == backward == everything
    assert len(everything) == 4


@pytest.mark.parametrize(
    ("viewer", "code"),
    [
        (None, "UNAUTHENTICATED"),
        (Viewer("other", frozenset({"viewer", "creator"})), "FORBIDDEN"),
        (Viewer(CREATOR, frozenset({"viewer"})), "FORBIDDEN"),
        (Viewer("otto", frozenset({"operator:catalogue", "operator:refunds"})), "FORBIDDEN"),
        (Viewer("otto", frozenset({"operator:payouts"})), None),
        (Viewer("olga", frozenset({"operator:audit"})), None),
    ],
)
async def test_who_may_read(may: Database, viewer: Viewer | None, code: str | None) -> None:
    """The creator, and operators for payouts and audit."""
    body = await run(may, BY_ID, viewer, period="2026-05")

    if code is None:
        assert body["data"]["creator"]["statement"]["number"] == 1
    else:
        [error] = body["errors"]
        assert error["extensions"]["code"] == code
        assert body["data"]["creator"]["statement"] is None


@pytest.mark.parametrize(
    ("period", "known_at"),
    [
        ("2026-13", None),
        ("2026-5", None),
        ("may", None),
        ("2026-05-01", None),
        ("2026-07", None),
        ("9999-12", None),
        ("2026-06", "2026-06-10T12:00:01Z"),
        ("2026-06", "9999-12-31T23:59:59-14:00"),
        ("2026-06", "2026-06-10T12:00:00"),
        ("2026-06", "yesterday"),
    ],
)
async def test_what_no_client_should_send(may: Database, period: str, known_at: str | None) -> None:
    """Another form, a month to come, a moment to come or without its zone."""
    body = await run(may, BY_ID, period=period, knownAt=known_at)

    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("period", "known_at"),
    [
        ("2026-04", None),
        ("2000-01", None),
        ("2026-05", "2026-04-30T23:59:59Z"),
        ("2026-05", "2026-05-09T12:00:00Z"),
        ("2026-05", "0001-01-01T00:00:00+14:00"),
        ("2026-06", "2026-06-01T00:00:00Z"),
    ],
)
async def test_where_there_is_none(may: Database, period: str, known_at: str | None) -> None:
    """Before the creator had anything, or before the month began as far as was known then."""
    body = await run(may, BY_ID, period=period, knownAt=known_at)

    assert "errors" not in body
    assert body["data"]["creator"]["statement"] is None


# ---------------------------------------------------------------------- download


class Browser:
    """Somebody with a link, and no token."""

    def __init__(self, database: Database) -> None:
        self.now = JUNE
        routes = statement_downloads(database.pool, LINKS, now=lambda: self.now)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(Starlette(routes=routes)),
            base_url="https://payouts.test",
        )


@pytest.fixture
async def browser(may: Database) -> AsyncGenerator[Browser]:
    made = Browser(may)
    async with made.client:
        yield made


@pytest.mark.parametrize("period", ["2026-05", "2026-06"])
async def test_what_is_downloaded_has_the_hash(
    may: Database, browser: Browser, period: str
) -> None:
    """Issued or running: to the byte, however often."""
    found = await statement(may, period)

    first, again = [await browser.client.get(found["csvUrl"]) for _ in range(2)]

    assert first.status_code == 200
    assert first.content == again.content
    assert hashlib.sha256(first.content).hexdigest() == found["sha256"]
    assert first.headers["content-type"] == "text/csv; charset=utf-8"
    assert first.headers["content-disposition"] == (
        f'attachment; filename="statement-{period}.csv"'
    )
    assert first.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
async def test_parts_are_the_whole(
    may: Database, browser: Browser, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """However many lines are read at a time."""
    found = await statement(may, "2026-05")
    monkeypatch.setattr(read_statement, "LINES_AT_ONCE", at_once)

    answer = await browser.client.get(found["csvUrl"])

    assert hashlib.sha256(answer.content).hexdigest() == found["sha256"]


async def test_a_link_is_to_what_was_known_when_it_was_made(
    may: Database, browser: Browser
) -> None:
    """Also while the month goes on under it."""
    found = await statement(may, "2026-06")
    await earn_in(may.pool, 2, JUNE)
    await tick(may.pool, JUNE + timedelta(minutes=1))

    answer = await browser.client.get(found["csvUrl"])

    assert hashlib.sha256(answer.content).hexdigest() == found["sha256"]


@pytest.mark.parametrize("url", ["csvUrl", "pdfUrl"])
async def test_a_link_that_has_expired(may: Database, browser: Browser, url: str) -> None:
    found = await statement(may, "2026-05")
    browser.now += timedelta(minutes=15)

    answer = await browser.client.get(found[url])

    assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")


@pytest.mark.parametrize(
    "path",
    [
        "/statements/csv",
        "/statements/csv?link=",
        "/statements/csv?link=../../etc/passwd",
        "/statements/csv?link=%00&link=%ff",
        "/statements/csv?link=" + "A" * 3_000,
        "/statements/pdf",
        "/statements/pdf?link=" + "A" * 300,
    ],
)
async def test_a_link_that_is_none(browser: Browser, path: str) -> None:
    answer = await browser.client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (403, "link_invalid")
    assert "star" not in answer.text


@pytest.mark.parametrize("path", ["/statements/../statements/", "/statements/", "/statements/x"])
async def test_nothing_else_is_served(browser: Browser, path: str) -> None:
    assert (await browser.client.get(path)).status_code == 404


async def test_a_link_by_another_key(may: Database, browser: Browser) -> None:
    forger = Links([bytes([9]) * 32], public_url="https://payouts.test", lifetime=LAG)

    for form in Form:
        url = forger.make(form, CREATOR, "2026-05", JUNE, now=JUNE)
        assert (await browser.client.get(url)).status_code == 403


async def test_a_link_to_one_form_opens_no_other(may: Database, browser: Browser) -> None:
    """Put behind the other's path, it is none."""
    found = await statement(may, "2026-05")

    for url, form, other in (("csvUrl", "csv", "pdf"), ("pdfUrl", "pdf", "csv")):
        moved = found[url].replace(f"/statements/{form}?", f"/statements/{other}?")
        answer = await browser.client.get(moved)
        assert (answer.status_code, answer.json()["code"]) == (403, "link_invalid")


# --------------------------------------------------------------------------- PDF


async def test_the_pdf_says_what_the_csv_says(may: Database, browser: Browser) -> None:
    """Every fact and every line, in order, and the hash of the CSV."""
    found = await statement(may, "2026-05")
    table = await browser.client.get(found["csvUrl"])
    rows = list(csv.reader(io.StringIO(table.text, newline="")))

    answer = await browser.client.get(found["pdfUrl"])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="statement-2026-05.pdf"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert PdfReader(io.BytesIO(answer.content)).is_encrypted is False
    [page] = read_pages(answer.content)
    blank = rows.index([])
    assert page == [
        "Statement 2026-05",
        *(" ".join(filter(None, row)) for row in rows[:blank]),
        f"sha256_of_csv {found['sha256']}",
        *(" ".join(filter(None, row)) for row in rows[blank + 1 :]),
        f"{CREATOR} 2026-05 page 1",
    ]


@pytest.mark.parametrize("period", ["2026-05", "2026-06"])
async def test_the_pdf_stays_to_the_byte(may: Database, browser: Browser, period: str) -> None:
    """I4. Issued or running, whatever comes late: for a month and a moment it is the same."""
    first = await statement(may, period)
    before = await browser.client.get(first["pdfUrl"])
    for at in (MAY, JUNE):
        await earn_in(may.pool, 2_000, at)
    await tick(may.pool, JUNE + timedelta(hours=1))
    browser.now = JUNE + timedelta(minutes=1)

    again = await statement(may, period, knownAt=first["knownAt"])
    after = await browser.client.get(again["pdfUrl"])
    newest = await statement(may, "2026-06")

    assert before.status_code == after.status_code == 200
    assert before.content == after.content
    assert newest["earned"] == {"microDiamonds": 2_001_000_000}, "something did come"


@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
async def test_the_pdf_is_the_same_however_it_is_read(
    may: Database, browser: Browser, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """And several at once do not write into each other."""
    found, other = await statement(may, "2026-05"), await statement(may, "2026-06")
    one_by_one = [await browser.client.get(each["pdfUrl"]) for each in (found, other)]
    monkeypatch.setattr(read_statement, "LINES_AT_ONCE", at_once)

    answers = await asyncio.gather(
        *(browser.client.get(each["pdfUrl"]) for each in (found, other) * 6)
    )

    assert [answer.content for answer in answers] == [each.content for each in one_by_one] * 6


async def test_more_lines_than_a_pdf_lists_are_in_the_csv(
    may: Database, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and how many; the sums are there."""
    monkeypatch.setattr(statement_pdf, "LINES_MAX", 3)
    found = await statement(may, "2026-05")

    answer = await browser.client.get(found["pdfUrl"])

    [page] = read_pages(answer.content)
    assert "closing_micro_diamonds 4000000000" in page
    assert f"sha256_of_csv {found['sha256']}" in page
    assert page[-2].startswith("4 lines, more than the ")
    assert not [line for line in page if "EARNED" in line]


async def test_slow_clients_keep_no_session(may: Database, browser: Browser) -> None:
    """More downloads at once than there are sessions."""
    found = await statement(may, "2026-05")

    answers = await asyncio.gather(*(browser.client.get(found["csvUrl"]) for _ in range(30)))

    assert {answer.status_code for answer in answers} == {200}
