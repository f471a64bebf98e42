"""The sandbox's SQLite file. Each method is one transaction; what it has answered is on disk."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from chassis import ids, sql
from chassis.clock import Clock, now
from payment_sandbox.faults import Faults
from payment_sandbox.payments import (
    EVENT_TYPES,
    AlreadyDecidedError,
    Attempt,
    Checkout,
    Decision,
    Event,
    ReferenceTakenError,
    Terms,
    UnknownEventError,
    UnknownPaymentError,
)

_SQL = sql.load("payment_sandbox", "store.sql")

_PAUSE_FIRST_S = 0.5
_PAUSE_MAX_S = 15.0


class Store:
    """Checkouts and the queue of events to deliver.

    Its calls block for well under a millisecond, so handlers make them in the event loop.
    """

    def __init__(self, path: Path, *, clock: Clock = now) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        # Transactions are opened by hand: sqlite3's own way leaves them open after a read.
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        self._db.executescript(files("payment_sandbox").joinpath("schema.sql").read_text())

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ---------------------------------------------------------------- checkouts

    def open_checkout(self, terms: Terms) -> tuple[Checkout, bool]:
        """Give the checkout of `terms.reference`, and whether it is new.

        Raises:
            ReferenceTakenError: The reference has a checkout with other terms.
        """
        with self.transaction():
            made = self.run(
                "insert_checkout",
                payment_id=f"pay_{ids.uuid7().hex}",
                reference=terms.reference,
                amount_minor=terms.amount_minor,
                currency=terms.currency,
                description=terms.description,
                return_url=terms.return_url,
                created_at=self._clock().isoformat(),
            )
            if made.rowcount == 1:
                self.run("insert_quantity", reference=terms.reference, quantity=terms.quantity)
            checkout = self._find_checkout(reference=terms.reference)
        assert checkout is not None
        if checkout.terms != terms:
            raise ReferenceTakenError(
                f"the reference {terms.reference!r} belongs to {checkout.payment_id}, "
                "which has other terms"
            )
        return checkout, made.rowcount == 1

    def find_checkout(self, payment_id: str) -> Checkout:
        """Give a checkout.

        Raises:
            UnknownPaymentError: There is none.
        """
        checkout = self._find_checkout(payment_id=payment_id)
        if checkout is None:
            raise UnknownPaymentError(f"there is no payment {payment_id!r}")
        return checkout

    def decide(self, payment_id: str, decision: Decision) -> Checkout:
        """Pay or decline a checkout, and queue the event that says so; once, however often asked.

        Raises:
            UnknownPaymentError: There is no such checkout.
            AlreadyDecidedError: It was decided the other way.
        """
        with self.transaction():
            self.find_checkout(payment_id)
            decided = self.run("decide_checkout", payment_id=payment_id, status=decision)
            checkout = self.find_checkout(payment_id)
            if checkout.status != decision:
                raise AlreadyDecidedError(f"{payment_id} is {checkout.status} and stays so")
            if decided.rowcount == 1:
                self.queue(checkout, EVENT_TYPES[decision])
        return checkout

    # ------------------------------------------------------------------- events

    def queue_event(self, payment_id: str, event_type: str) -> Event:
        """Queue an event of any type about a payment, for tests of the merchant.

        Raises:
            UnknownPaymentError: There is no such checkout.
        """
        with self.transaction():
            event_id = self.queue(self.find_checkout(payment_id), event_type)
        return self.find_event(event_id)

    def find_event(self, event_id: str) -> Event:
        """Give an event with its attempts.

        Raises:
            UnknownEventError: There is none.
        """
        found = self._select_events(payment_id=None, event_id=event_id, limit=1)
        if not found:
            raise UnknownEventError(f"there is no event {event_id!r}")
        return found[0]

    def select_events(self, payment_id: str | None, limit: int) -> list[Event]:
        """Give the newest events, of one payment or of all, with their attempts."""
        return self._select_events(payment_id=payment_id, event_id=None, limit=limit)

    def select_queued(self, limit: int) -> list[tuple[float, Event]]:
        """Give undelivered events and in how many seconds each is due, the first due first."""
        rows = self.run("select_queued", now=self._clock().timestamp(), limit=limit)
        return [(due_in_s, _event(row)) for due_in_s, *row in rows]

    def send_again(self, event_id: str) -> Event:
        """Queue an event for delivery now, delivered before or not.

        Raises:
            UnknownEventError: There is no such event.
        """
        with self.transaction():
            self.run("send_again", event_id=event_id, due_at=self._clock().timestamp())
        return self.find_event(event_id)

    def record_attempt(self, event_id: str, outcome: str, *, delivered: bool) -> None:
        """Note the outcome of an attempt, and when to try again if it failed."""
        at = self._clock()
        with self.transaction():
            self.run(
                "insert_attempt", event_id=event_id, attempted_at=at.isoformat(), outcome=outcome
            )
            if delivered:
                self.run("mark_delivered", event_id=event_id, delivered_at=at.isoformat())
                if self.run("use_repeat", event_id=event_id).rowcount:
                    self.run("send_again", event_id=event_id, due_at=at.timestamp())
            else:
                self._postpone(event_id, at)

    # ------------------------------------------------------------------- faults

    def find_faults(self) -> Faults:
        """How deliveries are being disturbed."""
        row = self.run("find_faults").fetchone()
        return Faults() if row is None else Faults(bool(row[0]), row[1], bool(row[2]), row[3])

    def set_faults(self, faults: Faults) -> None:
        """Disturb deliveries from now on."""
        with self.transaction():
            self.run(
                "set_faults",
                outage=faults.outage,
                late_s=faults.late_s,
                shuffled=faults.shuffled,
                repeats=faults.repeats,
            )

    # ------------------------------------------------------------------ details

    def _postpone(self, event_id: str, at: datetime) -> None:
        (tries,) = self.run("find_tries", event_id=event_id).fetchone()
        pause_s = min(_PAUSE_FIRST_S * 2.0 ** min(tries, 16), _PAUSE_MAX_S)
        self.run("postpone_event", event_id=event_id, due_at=at.timestamp() + pause_s)

    def queue(self, checkout: Checkout, event_type: str, **more: str | int) -> str:
        """Queue an event about a payment, with facts besides the payment's own; gives its id.

        Called within a transaction.
        """
        at = self._clock()
        faults = self.find_faults()
        event_id = f"evt_{ids.uuid7().hex}"
        body = orjson.dumps(
            {
                "id": event_id,
                "type": event_type,
                "created_at": at.isoformat(),
                "data": {
                    "payment_id": checkout.payment_id,
                    "reference": checkout.terms.reference,
                    "amount_minor": checkout.terms.amount_minor,
                    "currency": checkout.terms.currency,
                    **more,
                },
            }
        )
        self.run(
            "insert_event",
            event_id=event_id,
            payment_id=checkout.payment_id,
            type=event_type,
            body=body,
            created_at=at.isoformat(),
            due_at=at.timestamp() + faults.delay_s(),
        )
        if faults.repeats:
            self.run("insert_repeats", event_id=event_id, repeats=faults.repeats)
        return event_id

    def _find_checkout(
        self, *, payment_id: str | None = None, reference: str | None = None
    ) -> Checkout | None:
        row = self.run("find_checkout", payment_id=payment_id, reference=reference).fetchone()
        if row is None:
            return None
        found_id, *terms, status, created_at = row
        return Checkout(found_id, Terms(*terms), status, created_at)

    def _select_events(
        self, *, payment_id: str | None, event_id: str | None, limit: int
    ) -> list[Event]:
        rows = self.run("select_events", payment_id=payment_id, event_id=event_id, limit=limit)
        return [_event(row, self._select_attempts(row[0])) for row in rows.fetchall()]

    def _select_attempts(self, event_id: str) -> tuple[Attempt, ...]:
        return tuple(Attempt(*row) for row in self.run("select_attempts", event_id=event_id))

    # Also for what keeps its own tables in this file.

    def run(self, statement: str, **parameters: object) -> sqlite3.Cursor:
        """Run a statement of store.sql."""
        return self._db.execute(_SQL[statement], parameters)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing of what is run within."""
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            yield


def _event(row: Sequence[Any], attempts: tuple[Attempt, ...] = ()) -> Event:
    return Event(*row, attempts=attempts)
