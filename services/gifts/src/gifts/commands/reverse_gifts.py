"""Take gifts back whose payments are taken back, and give them back where those are not."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from chassis.db import Conn
from contracts.gifts.live import RoomFrame
from gifts.commands.level_gifters import take_points
from gifts.commands.move_clubs import leave_clubs
from gifts.commands.move_rooms import move_rooms
from gifts.commands.score_gifts import score_reversed
from gifts.domain.board import Score
from gifts.domain.fan_club import Change, Joining
from gifts.domain.reversal import (
    Books,
    GivenGift,
    ImpossibleLegError,
    Leg,
    Standing,
    corrections,
    ends,
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
    changes: Sequence[Change]
    """Of memberships in fan clubs, to be told."""
    frames: Sequence[RoomFrame]
    """Of rooms in which the gifts were given, to be published: see `tell_rooms`."""


class Booked(NamedTuple):
    """Legs that waited, booked."""

    legs: Sequence[Leg]
    lost: "Lost"


class Lost(NamedTuple):
    """What is taken back where gifts are counted."""

    rooms: Sequence[Taken]
    """See `move_rooms`."""
    scores: Sequence[Score]
    """See `score_gifts` and `level_gifters`."""
    joinings: Sequence[Joining]
    """See `move_clubs`."""


NOTHING: Final = Lost((), (), ())


async def reverse_gifts(
    conn: Conn, told: Sequence[Sequence[Leg]], rules: RoomRules, *, at: datetime
) -> Reversed:
    """Book what events tell, each event's legs together or not at all, and none twice.

    A leg whose gift is still PENDING waits for the answer to its charge, which comes by another
    topic: see `book_waiting`. Whatever is said of that leg later waits behind it.

    Locks: the gifts, then creators' totals, their boards and clubs, then gifters, then rooms, each
    in the order of the key.

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
    lost = await _book(conn, standings, booked)
    await score_reversed(conn, lost.scores)
    changes = await leave_clubs(conn, lost.joinings)
    await take_points(conn, lost.scores)
    frames = await move_rooms(conn, (), lost.rooms, rules, at=at)
    return Reversed(outcomes, changes, frames)


async def book_waiting(conn: Conn) -> Booked:
    """Book what waited for gifts that this transaction has turned into SENT ones.

    Args:
        conn: The transaction of the settlement, after it.

    Returns:
        The legs, in the order told, and what is lost by them, to be taken back where the gifts are
        counted: after they are.
    """
    legs = await store.take_waiting(conn)
    if not legs:
        return Booked((), NOTHING)
    standings = await store.lock_gifts(conn, {leg.gift_id for leg in legs})
    return Booked(legs, await _book(conn, standings, legs))


async def _book(conn: Conn, standings: Sequence[Standing], legs: Sequence[Leg]) -> Lost:
    if not legs:
        return NOTHING
    taken: Counter[UUID] = Counter()
    for leg in legs:
        taken[leg.gift_id] += leg.taken_coins
    await store.insert_legs(conn, legs)
    await store.update_gifts(conn, taken)
    touched = [each for each in standings if each.gift_id in taken]
    await store.update_totals(conn, corrections(touched, legs))
    given = await store.select_given(conn, taken.keys())
    return Lost(
        losses(touched, given.values(), legs),
        # What was taken and given back before it counted moves nobody.
        [_taken_of(given[gift_id], coins) for gift_id, coins in taken.items() if coins],
        [
            Joining(given[gift_id].creator_id, given[gift_id].sender_id, gift_id, is_taken_back)
            for gift_id, is_taken_back in ends(touched, legs).items()
        ],
    )


def _taken_of(gift: GivenGift, coins: int) -> Score:
    return Score(gift.creator_id, gift.sender_id, -coins, gift.sent_at)
