"""The wallet's answers to requested charges settle the gifts they are for."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, override
from uuid import UUID

import structlog

from chassis import clock
from chassis.batch import Batch, Handler, Received
from chassis.clock import Clock
from chassis.db import Conn
from contracts.event import Event
from contracts.gifts.v1 import GiftSent
from contracts.wallet.v1 import ChargePosted, ChargeRefused
from gifts.commands.level_gifters import level_gifters
from gifts.commands.move_clubs import leave_clubs, move_clubs
from gifts.commands.move_rooms import move_rooms
from gifts.commands.reverse_gifts import Lost, book_waiting
from gifts.commands.score_gifts import score_sent
from gifts.commands.settle_gifts import settle_refused, settle_sent
from gifts.consumers.fan_events import emit_changes, emit_levels
from gifts.consumers.reversal_events import told
from gifts.consumers.room_frames import emit_frames
from gifts.domain.badge import Badges
from gifts.domain.board import Score, first_gifts
from gifts.domain.fan_club import Joining
from gifts.domain.gift import Gift, room_id_of, was_sent
from gifts.domain.room_ledger import Taken
from gifts.domain.room_rules import RoomRules
from gifts.domain.room_streak import Given
from gifts.edge.cached import Kept
from gifts.edge.frame_pace import FramePace
from gifts.store import gift as store
from gifts.store.level_table import select_tables

type Answer = ChargePosted | ChargeRefused

EVENTS: Sequence[type[Event]] = (ChargePosted, ChargeRefused)

log = structlog.get_logger()


type _Caused[E: Answer] = tuple[E, Received]
"""An answer and the record that brought it."""


class _Round:
    """The first answer about each gift, by kind, and the ones that come after it."""

    __slots__ = ("later", "posted", "refused")

    def __init__(self, received: Sequence[Received]) -> None:
        self.posted: list[_Caused[ChargePosted]] = []
        self.refused: list[_Caused[ChargeRefused]] = []
        self.later: list[Received] = []
        seen: set[UUID] = set()
        for cause in received:
            event = cause.event
            if isinstance(event, ChargePosted):
                if event.charge_id in seen:
                    self.later.append(cause)
                else:
                    self.posted.append((event, cause))
            elif isinstance(event, ChargeRefused):
                if event.charge_id in seen:
                    self.later.append(cause)
                else:
                    self.refused.append((event, cause))
            else:
                raise TypeError(f"{type(event).__name__} is not subscribed to")
            seen.add(event.charge_id)


class _Counted(NamedTuple):
    """What is to be counted besides in creators' totals; added to as gifts are settled."""

    given: list[Given]
    """In rooms."""
    taken: list[Taken]
    """What is taken back of that at once."""
    scores: list[Score]
    """On boards and among gifters, of both."""
    joinings: list[Joining]
    """In fan clubs, of what is taken back at once."""
    causes: dict[UUID, Received]
    """What brought each gift."""


class ChargeAnswered(Handler):
    """Settles a batch of gifts with one statement per kind of answer.

    An answer that does not fit its gift, or whose gift is unknown, has no effect and is set aside:
    coins may have been taken for nothing, and a person has to look.
    """

    def __init__(self, rules: RoomRules | None = None, *, now: Clock = clock.now) -> None:
        """`rules`: of rooms; the defaults unless told otherwise."""
        self._rules = rules or RoomRules()
        self._pace = FramePace()
        self._tables = Kept(select_tables)
        self._now = now

    @override
    async def apply(self, conn: Conn, batch: Batch) -> None:
        """Settle the gifts, publish `GiftSent` for each that was charged, wake who waits."""
        unmoved: list[_Caused[Answer]] = []
        counted = _Counted([], [], [], [], {})
        remaining = batch.received
        # Of several answers about one gift each is applied after the one before it, as if it had
        # come in a later batch. Nearly always one round is all.
        while remaining:
            answers = _Round(remaining)
            if answers.posted:
                unmoved += await _settle_posted(conn, batch, answers.posted, counted)
            if answers.refused:
                unmoved += await _settle_refused(conn, answers.refused)
            remaining = answers.later
        # What follows comes after gifts and totals, in the order in which reversals lock it.
        at = self._now()
        badges = await self._count(conn, batch, counted, at)
        rules = self._pace.rules(self._rules)
        frames = await move_rooms(conn, counted.given, counted.taken, rules, badges=badges, at=at)
        self._pace.made(len(frames))
        emit_frames(batch, frames)
        if len(unmoved) < len(batch.received):
            await store.notify_settled(conn)
        if unmoved:
            await _explain(conn, batch, unmoved)

    async def _count(self, conn: Conn, batch: Batch, counted: _Counted, at: datetime) -> Badges:
        """Bring gifts to boards, clubs and gifters; what is shown of those who gave them."""
        scores = counted.scores
        tables = await self._tables.get(conn)
        table = tables.in_force(at)
        totals = await score_sent(conn, scores)
        clubs = await move_clubs(conn, scores, totals, tables, at=at)
        emit_changes(batch, clubs.changes, counted.causes, at=at)
        left = await leave_clubs(conn, counted.joinings)
        emit_changes(batch, left, counted.causes, at=at)
        in_rooms = {gift.sender_id for gift in counted.given}
        gifters = await level_gifters(conn, scores, table, shown=in_rooms, at=at)
        if table is not None:
            emit_levels(batch, gifters.reached, table, counted.causes)
        return Badges(
            gifters.levels,
            {each.gift_id for each in gifters.reached},
            clubs.levels,
            first_gifts(scores, totals),
        )


async def _settle_posted(
    conn: Conn,
    batch: Batch,
    posted: Sequence[_Caused[ChargePosted]],
    counted: _Counted,
) -> Sequence[_Caused[ChargePosted]]:
    """Settle gifts that were charged; the answers that moved nothing."""
    settled = await settle_sent(conn, [event for event, _ in posted])
    # In the order of the answers, which the database does not promise to keep.
    settled.sort()
    for position, item_id, pieces, catalogue_version, target_kind, target_id, message in settled:
        event, cause = posted[position]
        counted.scores.append(
            Score(
                event.order_key,
                event.payer_id,
                event.coins,
                event.posted_at,
                event.charge_id,
                item_id,
            )
        )
        counted.causes[event.charge_id] = cause
        room_id = room_id_of(target_kind, target_id)
        if room_id is not None:
            counted.given.append(
                Given(
                    room_id,
                    event.charge_id,
                    event.payer_id,
                    item_id,
                    catalogue_version,
                    pieces,
                    event.coins,
                    message,
                    event.posted_at,
                )
            )
        sent = GiftSent(
            gift_id=event.charge_id,
            sender_id=event.payer_id,
            creator_id=event.order_key,
            item_id=item_id,
            count=pieces,
            price_coins=event.coins,
            catalogue_version=catalogue_version,
            target_kind=target_kind,
            target_id=target_id,
            slices=event.slices,
            sent_at=event.posted_at,
        )
        batch.emit(sent, cause)
    if settled:
        lost = await _reverse_waiting(conn, batch, posted)
        counted.taken.extend(lost.rooms)
        counted.scores.extend(lost.scores)
        counted.joinings.extend(lost.joinings)
    if len(settled) == len(posted):
        return ()
    moved = {each.position for each in settled}
    return [answer for position, answer in enumerate(posted) if position not in moved]


async def _reverse_waiting(
    conn: Conn, batch: Batch, posted: Sequence[_Caused[ChargePosted]]
) -> Lost:
    """Take back at once what was to be taken back of gifts before their charge was known."""
    causes = {event.charge_id: cause for event, cause in posted}
    booked = await book_waiting(conn)
    for leg in booked.legs:
        batch.emit(told(leg), causes[leg.gift_id])
    return booked.lost


async def _settle_refused(
    conn: Conn, refused: Sequence[_Caused[ChargeRefused]]
) -> Sequence[_Caused[ChargeRefused]]:
    """Settle gifts that were not charged; the answers that moved nothing."""
    moved = await settle_refused(conn, [event for event, _ in refused])
    return [(event, cause) for event, cause in refused if event.charge_id not in moved]


async def _explain(conn: Conn, batch: Batch, unmoved: Sequence[_Caused[Answer]]) -> None:
    """Tell answers that came again, which are expected, from ones that cannot be true."""
    stored = await store.select_gifts(conn, [event.charge_id for event, _ in unmoved])
    repeated = 0
    for event, cause in unmoved:
        found = stored.get(event.charge_id)
        reason = "no gift has this id" if found is None else contradiction(event, found.gift)
        if reason is None:
            repeated += 1
        else:
            batch.set_aside(cause, reason)
    if repeated:
        log.info("answers_repeated", topic=batch.topic, count=repeated)


def contradiction(answer: Answer, gift: Gift) -> str | None:
    """Why an answer that did not move its gift cannot be true; None where it came again.

    A refusal for `charge_conflict` says that the gift's id was asked for a second time with other
    terms: for a gift that is settled that changes nothing.
    """
    if answer.order_key != gift.creator_id:
        return f"the gift is not for {answer.order_key}"
    if isinstance(answer, ChargePosted):
        if answer.coins != gift.price_coins:
            return f"{answer.coins} coins were taken for a gift of {gift.price_coins}"
        return None if was_sent(gift) else f"charged, but the gift is {gift.status}"
    if gift.status == "REFUSED" or answer.reason == "charge_conflict":
        return None
    return f"refused for {answer.reason}, but the gift is {gift.status}"
