"""Take gifts back whose payments are taken back, and give them back where those are not."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from contracts.gifts.live import RoomFrame
from gifts.commands.move_rooms import move_rooms
from gifts.domain.reversal import (
    Books,
    ImpossibleLegError,
    Leg,
    Standing,
    corrections,
    losses,
)
from gifts.domain.room_ledger import Taken
from gifts.domain.room_rules import RoomRules
from gifts.store import reversal as store


class Outcome(NamedTuple):
    """What came of an event's legs."""

    booked: Sequence[Leg]
    """Those that have changed their gifts now, in order."""
    impossible: str | None
    """Why nothing of the event was written."""


class Reversed(NamedTuple):
    """What came of events' legs."""

    outcomes: Sequence[Outcome]
    """Of each event, in order."""
    frames: Sequence[RoomFrame]
    """Of rooms in which the gifts were given, to be published: see `tell_rooms`."""


class Booked(NamedTuple):
    """Legs that waited, booked."""

    legs: Sequence[Leg]
    losses: Sequence[Taken]
    """What rooms lose by it: see `move_rooms`."""


async def reverse_gifts(
    conn: Conn, told: Sequence[Sequence[Leg]], rules: RoomRules, *, at: datetime
) -> Reversed:
    """Book what events tell, each event's legs together or not at all, and none twice.

    A leg whose gift is still PENDING waits for the answer to its charge, which comes by another
    topic: see `book_waiting`. Whatever is said of that leg later waits behind it.

    Locks: the gifts, then creators' totals, then rooms, each in the order of the key.

    Args:
        conn: An open transaction.
        told: Per event its legs, in the order told.
        rules: Of rooms, in force.
        at: Now.
    """
    legs = [leg for each in told for leg in each]
    gift_ids = {leg.gift_id for leg in legs}
    standings = await store.lock_gifts(conn, gift_ids)
    # Only under the locks: a settlement that was under way has taken its legs, or will find these.
    known = await store.select_legs(conn, {leg.leg_id for leg in legs})
    waiting = await store.select_waiting_coins(conn, gift_ids)
    books = Books(
        [
            each._replace(reversed_coins=each.reversed_coins + waiting.get(each.gift_id, 0))
            for each in standings
        ],
        known,
    )
    outcomes: list[Outcome] = []
    late: list[Leg] = []
    for each in told:
        try:
            booking = books.add(each)
        except ImpossibleLegError as error:
            outcomes.append(Outcome((), str(error)))
        else:
            outcomes.append(Outcome(booking.booked, None))
            late += booking.waiting
    if late:
        await store.insert_waiting(conn, late)
    booked = [leg for outcome in outcomes for leg in outcome.booked]
    taken = await _book(conn, standings, booked)
    return Reversed(outcomes, await move_rooms(conn, (), taken, rules, at=at))


async def book_waiting(conn: Conn) -> Booked:
    """Book what waited for gifts that this transaction has turned into SENT ones.

    Args:
        conn: The transaction of the settlement, after it.

    Returns:
        The legs, in the order told, and what rooms lose by them.
    """
    legs = await store.take_waiting(conn)
    if not legs:
        return Booked((), ())
    standings = await store.lock_gifts(conn, {leg.gift_id for leg in legs})
    return Booked(legs, await _book(conn, standings, legs))


async def _book(conn: Conn, standings: Sequence[Standing], legs: Sequence[Leg]) -> Sequence[Taken]:
    """What rooms lose by it."""
    if not legs:
        return ()
    taken: Counter[UUID] = Counter()
    for leg in legs:
        taken[leg.gift_id] += leg.taken_coins
    await store.insert_legs(conn, legs)
    await store.update_gifts(conn, taken)
    touched = [each for each in standings if each.gift_id in taken]
    await store.update_totals(conn, corrections(touched, legs))
    return losses(touched, await store.select_in_rooms(conn, taken.keys()), legs)
