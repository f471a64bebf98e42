"""What is sealed, wherever it lies, by the keys that it is sealed with."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("payouts.store", "seals.sql")


class Kind(StrEnum):
    """Of what is sealed: `select_<kind>_seals` and `update_<kind>_seals` are its statements."""

    METHOD = "method"
    """Bank details, by the id of their method."""
    FORM = "form"
    """The number on a tax form, by the form's id."""


class Sealed(NamedTuple):
    """One of them."""

    id: UUID
    sealed: bytes


async def select_seals(
    conn: Conn, kind: Kind, *, newest: bytes, since: UUID, limit: int
) -> Sequence[Sealed]:
    """Those from an id on that another key than the newest sealed, in the order of their ids."""
    rows = await conn.fetch(STATEMENTS[f"select_{kind}_seals"], newest, since, limit)
    return [Sealed(row["id"], row["sealed"]) for row in rows]


async def update_seals(
    conn: Conn, kind: Kind, before: Sequence[Sealed], after: Sequence[bytes]
) -> None:
    """Put other seals in their places, but for those that are no longer as they were read."""
    await conn.execute(
        STATEMENTS[f"update_{kind}_seals"],
        [each.id for each in before],
        [each.sealed for each in before],
        after,
    )
