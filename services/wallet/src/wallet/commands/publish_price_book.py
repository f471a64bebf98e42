"""Publish versions of the price book."""

from collections.abc import Sequence

from chassis.db import Conn
from wallet.domain.price_book import PriceBook, PriceBookRefusedError, check_publication
from wallet.store import price_books


async def publish_price_book(conn: Conn, wanted: Sequence[PriceBook]) -> Sequence[PriceBook]:
    """Publish those versions of `wanted` that are not published yet, and return them.

    A file that is published again, whole or longer, is therefore safe: what is there must be there
    in the same words. All or none: the caller's transaction rolls back when this raises.

    Raises:
        PriceBookRefusedError: A version breaks a rule, or its number is taken by another.
    """
    await price_books.lock_price_books(conn)
    published = await price_books.select_price_books(conn)
    known = {book.version: book for book in published}
    added: list[PriceBook] = []
    for book in sorted(wanted, key=lambda book: book.version):
        if (before := known.get(book.version)) is not None:
            if before != book:
                raise PriceBookRefusedError(
                    f"version {book.version} is published already and differs: add a new version"
                )
            continue
        check_publication(published, book)
        await price_books.insert_price_book(conn, book)
        published.append(book)
        added.append(book)
    return added
