"""Published word lists. Versions are written once and never change."""

from datetime import datetime

from chassis import sql
from chassis.db import Conn
from gifts.domain.word_list import WordList

STATEMENTS = sql.load("gifts.store", "word_list.sql")


async def lock_word_lists(conn: Conn) -> None:
    """Keep other publishers waiting until the transaction ends."""
    await conn.execute(STATEMENTS["lock_word_lists"])


async def insert_word_list(conn: Conn, words: WordList, *, published_at: datetime) -> None:
    """Publish a version."""
    await conn.execute(STATEMENTS["insert_word_list"], words.version, words.terms, published_at)


async def find_word_list(conn: Conn, version: int) -> WordList | None:
    """A published version."""
    row = await conn.fetchrow(STATEMENTS["find_word_list"], version)
    return None if row is None else WordList(row["version"], tuple(row["terms"]))


async def find_newer(conn: Conn, version: int) -> WordList | None:
    """The version that counts, if it is newer than this one; 0: whichever it is."""
    row = await conn.fetchrow(STATEMENTS["find_newer"], version)
    return None if row is None else WordList(row["version"], tuple(row["terms"]))
