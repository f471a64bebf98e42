"""Versions of the price book."""

from datetime import datetime

import msgspec

from chassis import sql
from chassis.db import Conn
from wallet.domain.price_book import PriceBook

STATEMENTS = sql.load("wallet.store", "price_books.sql")

_read = msgspec.json.Decoder(PriceBook)


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
