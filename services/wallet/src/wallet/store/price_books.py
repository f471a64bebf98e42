"""Versions of the price book."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from chassis import sql
from chassis.db import Conn, Record
from wallet.domain.price_book import PriceBook

STATEMENTS = sql.load("wallet.store", "price_books.sql")

_VERSION_MAX: Final = 2**31 - 1

_read = msgspec.json.Decoder(PriceBook)


class Published(NamedTuple):
    """A version, and when it was published."""

    book: PriceBook
    published_at: datetime


async def lock_price_books(conn: Conn) -> None:
    """Keep other publishers out until the transaction ends."""
    await conn.execute(STATEMENTS["lock_price_books"])


async def select_price_books(conn: Conn) -> list[PriceBook]:
    """Every version, oldest first."""
    rows = await conn.fetch(STATEMENTS["select_price_books"])
    return [_read.decode(row["document"]) for row in rows]


async def find_price_book_in_force(conn: Conn, at: datetime) -> PriceBook | None:
    """The version in force at a moment; None before the first one is."""
    document = await conn.fetchval(STATEMENTS["find_price_book_in_force"], at)
    return None if document is None else _read.decode(document)


async def insert_price_book(conn: Conn, book: PriceBook) -> None:
    """Add a version."""
    await conn.execute(
        STATEMENTS["insert_price_book"],
        book.version,
        book.effective_from,
        msgspec.json.encode(book).decode(),
    )


async def select_published(
    conn: Conn, *, beyond: int | None, limit: int, backward: bool
) -> Sequence[Published]:
    """Versions before one, newest first; `backward`: after it, oldest first."""
    if beyond is None:
        beyond = 0 if backward else _VERSION_MAX
    statement = STATEMENTS[f"select_published_{'oldest' if backward else 'newest'}"]
    return [_published(row) for row in await conn.fetch(statement, beyond, limit)]


async def find_published(conn: Conn, version: int) -> Published:
    """A version that is published."""
    row = await conn.fetchrow(STATEMENTS["find_published"], version)
    assert row is not None, version
    return _published(row)


def _published(row: Record) -> Published:
    return Published(_read.decode(row["document"]), row["published_at"])
