"""Publish versions of the price book."""

from collections.abc import Sequence

from chassis import operators, versions
from chassis.db import Conn
from chassis.operators import Act
from wallet.domain.price_book import (
    PriceBook,
    PriceBookRefusedError,
    VersionTakenError,
    check_publication,
)
from wallet.store import price_books


async def publish_price_book(conn: Conn, wanted: Sequence[PriceBook]) -> Sequence[PriceBook]:
    """Publish those versions of `wanted` that are not published yet, and return them.

    Raises:
        PriceBookRefusedError: A version breaks a rule.
        VersionTakenError: A version's number is taken by another.
    """
    await price_books.lock_price_books(conn)

    async def add(published: Sequence[PriceBook], book: PriceBook) -> None:
        check_publication(published, book)
        await price_books.insert_price_book(conn, book)

    published = await price_books.select_price_books(conn)
    return await versions.publish(wanted, published, add, taken=VersionTakenError)


async def publish_by_operator(conn: Conn, book: PriceBook, act: Act) -> bool:
    """Publish a version from a moment still to come; False if that was done before: a retry.

    Raises:
        PriceBookRefusedError: It breaks a rule, or would change what was sold already.
        VersionTakenError: The version's number is taken by another.
    """
    if not await publish_price_book(conn, [book]):
        return False
    if book.effective_from < act.at:
        raise PriceBookRefusedError(
            f"version {book.version} must come into force in the future: what was sold until now "
            "was sold at other prices"
        )
    await operators.record(
        conn,
        act,
        "publishPriceBook",
        f"price_book:{book.version}",
        {"effective_from": book.effective_from.isoformat()},
    )
    return True
