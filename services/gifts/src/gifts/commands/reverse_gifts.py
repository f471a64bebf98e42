"""Take gifts back whose payments are taken back, and give them back where those are not."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from gifts.domain.reversal import Books, ImpossibleLegError, Leg, Standing, corrections
from gifts.store import reversal as store


class Outcome(NamedTuple):
    """What came of an event's legs."""

    booked: Sequence[Leg]
    """Those that have changed their gifts now, in order."""
    impossible: str | None
    """Why nothing of the event was written."""


async def reverse_gifts(conn: Conn, told: Sequence[Sequence[Leg]]) -> list[Outcome]:
    """Book what events tell, each event's legs together or not at all, and none twice.

    A leg whose gift is still PENDING waits for the answer to its charge, which comes by another
    topic: see `book_waiting`. Whatever is said of that leg later waits behind it.

    Locks: the gifts, then creators' totals, each in the order of the key.

    Args:
        conn: An open transaction.
        told: Per event its legs, in the order told.

    Returns:
        What came of each event, in order.
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
    await _book(conn, standings, [leg for outcome in outcomes for leg in outcome.booked])
    if late:
        await store.insert_waiting(conn, late)
    return outcomes


async def book_waiting(conn: Conn) -> Sequence[Leg]:
    """Book what waited for gifts that this transaction has turned into SENT ones.

    Args:
        conn: The transaction of the settlement, after it.

    Returns:
        The legs, in the order told.
    """
    legs = await store.take_waiting(conn)
    if legs:
        standings = await store.lock_gifts(conn, {leg.gift_id for leg in legs})
        await _book(conn, standings, legs)
    return legs


async def _book(conn: Conn, standings: Sequence[Standing], legs: Sequence[Leg]) -> None:
    if not legs:
        return
    taken: Counter[UUID] = Counter()
    for leg in legs:
        taken[leg.gift_id] += leg.taken_coins
    await store.insert_legs(conn, legs)
    await store.update_gifts(conn, taken)
    touched = [each for each in standings if each.gift_id in taken]
    await store.update_totals(conn, corrections(touched, legs))
