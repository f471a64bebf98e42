"""Choose what the next frames of rooms show of what was given there."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from chassis.db import Conn
from gifts.domain.room import Room
from gifts.domain.room_line import LINES_MAX, Chosen, Line, choose, hush, merge, read_waiting
from gifts.domain.room_streak import Streaks, end_line
from gifts.store import room_streak as store
from gifts.store.message import select_silenced


async def choose_lines(
    conn: Conn, rooms: Sequence[Room], lines: Mapping[UUID, Sequence[Line]], streaks: Streaks
) -> dict[UUID, Chosen]:
    """What the frames of rooms show; it is noted as told.

    Args:
        conn: An open transaction that has locked the rooms.
        rooms: That get a frame.
        lines: What was added by this transaction, by room.
        streaks: In hand; what is told of them is noted there, of others in the database.

    Returns:
        Of each room.
    """
    if not rooms:
        return {}
    ends: dict[UUID, list[Line]] = {}
    owing = [room.room_id for room in rooms if room.owes_ends]
    if owing:
        for streak in await store.select_owed(conn, owing, limit=LINES_MAX + 1):
            ends.setdefault(streak.room_id, []).append(end_line(streak))
    for streak in streaks.owed():
        ends.setdefault(streak.room_id, []).append(end_line(streak))
    chosen = {
        room.room_id: choose(
            merge([*read_waiting(room.waiting), *lines.get(room.room_id, ())]),
            ends.get(room.room_id, ()),
        )
        for room in rooms
    }
    others = streaks.tell(
        {
            line.streak_id: line.ended
            for each in chosen.values()
            for line in each.lines
            if line.streak_id is not None
        }
    )
    if others:
        await store.note_told(conn, others)
    await _hush(conn, chosen.values())
    return chosen


async def _hush(conn: Conn, chosen: Iterable[Chosen]) -> None:
    """Leave out messages that are withheld or removed by now.

    Under the locks of the rooms, which whoever removes one takes, too: it is left out here, or a
    later frame says that it is removed.
    """
    speaking = [line.gift_id for each in chosen for line in each.lines if line.message is not None]
    silenced = await select_silenced(conn, speaking) if speaking else ()
    if silenced:
        for each in chosen:
            hush(each, silenced)
