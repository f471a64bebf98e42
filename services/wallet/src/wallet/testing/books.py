"""Closes the books: what must be true of the ledger whatever has happened."""

from chassis import sql
from chassis.db import Conn, Pool

STATEMENTS = sql.load("wallet.testing", "books.sql")


async def errors_in_books(conn: Conn | Pool) -> dict[str, list[tuple[object, ...]]]:
    """What is wrong, by the name of the rule; at most three examples of each."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for rule, statement in STATEMENTS.items():
        rows = await conn.fetch(statement)
        if rows:
            found[rule] = [tuple(row) for row in rows[:3]]
    return found


async def assert_books_balance(conn: Conn | Pool) -> None:
    """Closes every test of the ledger."""
    errors = await errors_in_books(conn)
    assert errors == {}, errors
