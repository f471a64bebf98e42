"""Take in what a payment provider delivers: keep it, apply it once, raise what is odd."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from wallet.commands.apply_claims import Claimed, apply_claims
from wallet.commands.apply_payment import apply_payment
from wallet.commands.settle_events import ALARMS, DeliveryOutcome, keep_events
from wallet.domain.purchase import PaymentEvent, Purchase, purchase_id_of
from wallet.store import provider_events, purchases
from wallet.store.provider_events import EventOutcome


class Delivery(NamedTuple):
    """An authentic delivery."""

    event: PaymentEvent
    """What the body says."""
    body: bytes
    """As it came."""
    traceparent: str | None = None
    """The trace that events carry on."""
    malformed: bool = False
    """Whether the body could not be read."""

    @property
    def takes_back(self) -> bool:
        """Whether it tells of money that goes back: such deliveries are taken in together."""
        return self.event.claim is not None and not self.malformed


async def record_deliveries(
    conn: Conn, provider: str, deliveries: Sequence[Delivery], *, at: datetime
) -> Sequence[DeliveryOutcome]:
    """Keep authentic deliveries and let their events take effect, in one transaction (E18).

    Each event has its effect once, and each payment too, whatever events tell of it (E17). What we
    cannot match or understand is kept and raised as an alarm, never passed over (E08); a payment
    that came before its purchase is parked until that is there.

    What is taken back, and what a store sold, may be told of a payment without naming the purchase:
    it is then that of the purchase which the payment paid, and parked until there is one (E11).

    However many deliveries there are that take back payments, each of another buyer, they take as
    many statements as one of them.

    Locks: the references and events, the purchases, the payments, the accounts, each in order.
    Before them, where a payment alone is named that no purchase has yet, the payments.

    Args:
        conn: An open transaction.
        provider: Who delivers.
        deliveries: One of whatever kind, or several that all take back payments.
        at: When they came.

    Returns:
        What came of each.
    """
    assert len(deliveries) == 1 or all(each.takes_back for each in deliveries)
    references = await _references(conn, provider, deliveries)
    event_ids = {each.event.event_id for each in deliveries}
    named = [each for each in references if each is not None]
    await provider_events.lock_told(conn, named, provider, event_ids)
    bodies = [(each.event.event_id, each.body) for each in deliveries]
    await provider_events.insert_deliveries(conn, provider, bodies, at)
    known = await provider_events.select_events(conn, provider, event_ids)
    told = [
        _Told(delivery, reference, purchase_id_of(reference))
        for delivery, reference in zip(deliveries, references, strict=True)
    ]
    locked = await _lock(conn, told)
    keys = [(each.delivery.event.event_id, each.reference, _buyer(each, locked)) for each in told]
    outcomes: dict[int, DeliveryOutcome] = {}
    for number, places in enumerate(_rounds(keys)):
        of_round = {place: told[place] for place in places}
        if number:
            locked = await _lock(conn, list(of_round.values()))
        outcomes |= await _record(conn, provider, of_round, known, locked, at)
        for place in places:
            known.setdefault(deliveries[place].event.event_id, deliveries[place].event)
    return [outcomes[place] for place in range(len(deliveries))]


async def record_delivery(
    conn: Conn,
    provider: str,
    event: PaymentEvent,
    body: bytes,
    *,
    at: datetime,
    traceparent: str | None = None,
    malformed: bool = False,
) -> DeliveryOutcome:
    """The same for a single delivery."""
    delivery = Delivery(event, body, traceparent, malformed)
    (outcome,) = await record_deliveries(conn, provider, [delivery], at=at)
    return outcome


def _rounds(keys: Sequence[Sequence[object]]) -> list[list[int]]:
    """Places in rounds, in order, so that no two of a round share any key that is not None."""
    rounds: list[tuple[set[object], list[int]]] = []
    for place, of_place in enumerate(keys):
        named = {(kind, key) for kind, key in enumerate(of_place) if key is not None}
        # After the last round that has any of them: what comes later takes effect later.
        last = max((n for n, (seen, _) in enumerate(rounds) if seen & named), default=-1)
        if last + 1 == len(rounds):
            rounds.append((set(), []))
        seen, places = rounds[last + 1]
        seen |= named
        places.append(place)
    return [places for _, places in rounds]


async def _references(
    conn: Conn, provider: str, deliveries: Sequence[Delivery]
) -> Sequence[str | None]:
    """The purchases that events are about: those that they name, or that their payments paid."""
    alone = [each.event.payment_id for each in deliveries if each.event.names_payment_alone]
    paid: dict[str, str] = {}
    if asked := {payment_id for payment_id in alone if payment_id is not None}:
        found = await purchases.select_purchases_of_payments(conn, provider, asked)
        if missing := asked - found.keys():
            # A payment may be credited at this moment: it takes the same lock, and then looks for
            # what waits for it. Whoever comes second sees the other.
            await purchases.lock_payments(conn, provider, missing)
            found |= await purchases.select_purchases_of_payments(conn, provider, missing)
        paid = {payment_id: str(purchase_id) for payment_id, purchase_id in found.items()}
    return [
        paid.get(each.event.payment_id or "")
        if each.event.names_payment_alone
        else each.event.reference
        for each in deliveries
    ]


class _Told(NamedTuple):
    """A delivery, and what it is about."""

    delivery: Delivery
    reference: str | None
    purchase_id: UUID | None
    """None where the reference is none of ours."""


async def _lock(conn: Conn, told: Sequence[_Told]) -> Mapping[UUID, Purchase]:
    """The purchases that deliveries may move on, with their rows locked."""
    wanted = [
        each.purchase_id
        for each in told
        if each.purchase_id is not None
        and not each.delivery.malformed
        and each.delivery.event.outcome not in (None, "noted")
    ]
    return await purchases.lock_purchases(conn, wanted) if wanted else {}


def _buyer(told: _Told, locked: Mapping[UUID, Purchase]) -> str | None:
    purchase = None if told.purchase_id is None else locked.get(told.purchase_id)
    return None if purchase is None else purchase.user_id


async def _record(
    conn: Conn,
    provider: str,
    told: Mapping[int, _Told],
    known: Mapping[str, PaymentEvent],
    locked: Mapping[UUID, Purchase],
    at: datetime,
) -> Mapping[int, DeliveryOutcome]:
    """By place: each event, each reference and each buyer once."""
    again: dict[int, DeliveryOutcome] = {}
    for place, (delivery, *_) in told.items():
        first = known.get(delivery.event.event_id)
        if first is not None:
            again[place] = await _come_again(conn, provider, first, delivery.event, at)
    fresh = {place: each for place, each in told.items() if place not in again}
    if not fresh:
        return again
    applied = await _apply(conn, provider, fresh, locked, at)
    outcomes: list[tuple[PaymentEvent, EventOutcome]] = [
        (told[place].delivery.event, outcome) for place, outcome in applied.items()
    ]
    await keep_events(conn, provider, outcomes, at=at)
    return {**again, **applied}


async def _come_again(
    conn: Conn, provider: str, first: PaymentEvent, event: PaymentEvent, at: datetime
) -> DeliveryOutcome:
    """A retry says the same again. Anything else under a used id has no effect: look at it."""
    if first == event:
        return "repeated"
    reason = ALARMS["contradicted"]
    await provider_events.raise_alarm(conn, provider, event.event_id, reason, at)
    return "contradicted"


async def _apply(
    conn: Conn,
    provider: str,
    told: Mapping[int, _Told],
    locked: Mapping[UUID, Purchase],
    at: datetime,
) -> Mapping[int, EventOutcome]:
    outcomes: dict[int, EventOutcome] = {}
    claims: dict[int, Claimed] = {}
    for place, (delivery, reference, purchase_id) in told.items():
        event = delivery.event
        purchase = None if purchase_id is None else locked.get(purchase_id)
        if delivery.malformed:
            outcomes[place] = "malformed"
        elif event.outcome is None:
            outcomes[place] = "unknown_type"
        elif event.outcome == "noted":
            outcomes[place] = "ignored"
        elif reference is None and event.names_payment_alone:
            outcomes[place] = "parked"
        elif purchase_id is None:
            outcomes[place] = "mismatched"
        elif purchase is None:
            outcomes[place] = "parked"
        elif purchase.provider != provider:
            outcomes[place] = "mismatched"
        elif delivery.takes_back:
            claims[place] = Claimed(purchase, event, delivery.traceparent)
        else:
            outcomes[place] = await apply_payment(
                conn, purchase, event, at=at, traceparent=delivery.traceparent
            )
    if claims:
        came = await apply_claims(conn, list(claims.values()), at=at)
        outcomes |= dict(zip(claims, came, strict=True))
    return outcomes
