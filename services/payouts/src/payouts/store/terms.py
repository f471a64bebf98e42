"""The terms of payouts as they lie in the database."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chassis import sql
from chassis.db import Conn
from payouts.domain.terms import Terms

STATEMENTS = sql.load("payouts.store", "terms.sql")

_decode = msgspec.json.Decoder(Terms).decode


async def lock_terms(conn: Conn) -> None:
    """Keep other publishers out until the transaction ends."""
    await conn.execute(STATEMENTS["lock_terms"])


async def select_terms(conn: Conn) -> Sequence[Terms]:
    """Every version, oldest first."""
    return [_decode(row["document"]) for row in await conn.fetch(STATEMENTS["select_terms"])]


async def find_terms_in_force(conn: Conn, at: datetime) -> Terms | None:
    """The version in force at a moment."""
    document = await conn.fetchval(STATEMENTS["find_terms_in_force"], at)
    return None if document is None else _decode(document)


async def insert_terms(conn: Conn, terms: Terms) -> None:
    """Add a version; it can never be changed."""
    document = msgspec.json.encode(terms).decode()
    await conn.execute(STATEMENTS["insert_terms"], terms.version, terms.effective_from, document)
