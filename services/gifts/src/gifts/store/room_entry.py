"""What was given in rooms since their newest frames."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.room_line import Line, pack, unpack

STATEMENTS = sql.load("gifts.store", "room_entry.sql")


async def insert_entries(conn: Conn, lines: Mapping[UUID, Sequence[Line]]) -> None:
    """Let lines wait for the next frames of their rooms."""
    await conn.execute(
        STATEMENTS["insert_entries"], list(lines), [pack(each) for each in lines.values()]
    )


async def take_entries(conn: Conn, room_ids: Collection[UUID]) -> dict[UUID, list[Line]]:
    """The lines that waited for the next frames of rooms, in order; they wait no longer."""
    lines: dict[UUID, list[Line]] = {room_id: [] for room_id in room_ids}
    for row in await conn.fetch(STATEMENTS["take_entries"], list(lines)):
        lines[row["room_id"]] += unpack(row["lines"])
    return lines
