"""The bank's SQLite file. Each method is one transaction; what it has answered is on disk."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from chassis import sql
from chassis.clock import Clock, now
from sandbox_bank.transfers import (
    Behaviour,
    Change,
    FundsMissingError,
    KeyTakenError,
    NotPaidError,
    Terms,
    Transfer,
    UnknownTransferError,
)

_SQL = sql.load("sandbox_bank", "store.sql")


class Store:
    """Transfers and how accounts behave.

    Nothing happens between calls: whoever looks next makes happen what has come due since. Calls
    block for well under a millisecond, so handlers make them in the event loop.
    """

    def __init__(self, path: Path, *, clock: Clock = now) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        # Transactions are opened by hand: sqlite3's own way leaves them open after a read.
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        self._db.executescript(files("sandbox_bank").joinpath("schema.sql").read_text())

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def behaviour(self, account: str) -> Behaviour:
        """How an account behaves."""
        row = self._run("find_behaviour", account=account).fetchone()
        if row is None:
            return Behaviour()
        outcome, reason, delay_s, silence_s, is_known = row
        return Behaviour(outcome, reason, delay_s, silence_s, bool(is_known))

    def set_behaviour(self, account: str, behaviour: Behaviour) -> None:
        """Let an account behave otherwise from now on; `*` is all that are not named."""
        self._run(
            "set_behaviour",
            account=account,
            outcome=behaviour.outcome,
            reason=behaviour.reason,
            delay_s=behaviour.delay_s,
            silence_s=behaviour.silence_s,
            is_known=int(behaviour.is_known),
        )

    def set_funds(self, currency: str, amount_minor: int | None) -> None:
        """What the customer has with the bank; None: enough."""
        if amount_minor is None:
            self._run("forget_funds", currency=currency)
        else:
            self._run("set_funds", currency=currency, amount_minor=amount_minor)

    def accept(self, terms: Terms) -> tuple[Transfer, bool]:
        """Take an order, once per key, and whether it is new.

        Raises:
            KeyTakenError: The key has an order with other terms.
            FundsMissingError: The customer has too little; the order may be tried again.
        """
        at = self._clock().timestamp()
        with self._transaction():
            known = self._find(terms.key)
            if known is not None:
                if known.terms != terms:
                    raise KeyTakenError(f"{terms.key!r} was ordered before, with other terms")
                return known, False
            funds = self._run("find_funds", currency=terms.currency).fetchone()
            if funds is not None and funds[0] < terms.amount_minor:
                raise FundsMissingError(f"there is less in {terms.currency} than is ordered")
            self._run("take_funds", currency=terms.currency, amount_minor=terms.amount_minor)
            behaviour = self.behaviour(terms.account)
            fails = behaviour.outcome == "fail"
            self._run(
                "insert_transfer",
                key=terms.key,
                amount_minor=terms.amount_minor,
                currency=terms.currency,
                holder=terms.holder,
                country=terms.country,
                account=terms.account,
                bank_code=terms.bank_code,
                accepted_at=at,
                next_status="failed" if fails else "paid",
                next_reason=behaviour.reason if fails else None,
                next_at=at + behaviour.delay_s,
            )
            self._run("insert_change", key=terms.key, status="pending", reason=None, at=at)
            accepted = self._find(terms.key)
        assert accepted is not None, "inserted above"
        return accepted, True

    def find(self, key: str) -> Transfer:
        """An order as it is now.

        Raises:
            UnknownTransferError: There is none.
        """
        self._settle()
        found = self._find(key)
        if found is None:
            raise UnknownTransferError(f"there is no transfer {key!r}")
        return found

    def give_back(self, key: str, reason: str) -> Transfer:
        """Return what was paid.

        Raises:
            UnknownTransferError: There is no such order.
            NotPaidError: It is not paid, or was returned before.
        """
        paid = self.find(key)
        if paid.status != "paid":
            raise NotPaidError(f"{key!r} is {paid.status}")
        with self._transaction():
            self._move(paid.terms, "returned", reason, self._clock().timestamp())
        return self.find(key)

    def changes(self, after: int, limit: int) -> list[Change]:
        """What happened after a step, in order."""
        self._settle()
        return [Change(*row) for row in self._run("select_changes", after=after, limit=limit)]

    def report(self) -> list[Transfer]:
        """All orders as they are now: the bank's own books."""
        self._settle()
        return [_transfer(row) for row in self._run("select_transfers")]

    def _settle(self) -> None:
        """Let happen what has come due, in order."""
        with self._transaction():
            while due := self._run("select_due", now=self._clock().timestamp()).fetchall():
                for key, *_, status, reason, at in due:
                    found = self._find(key)
                    assert found is not None, "selected above"
                    self._move(found.terms, status, reason, at)

    def _move(self, terms: Terms, status: str, reason: str | None, at: float) -> None:
        behaviour = self.behaviour(terms.account)
        returns = status == "paid" and behaviour.outcome == "return"
        self._run(
            "move_transfer",
            key=terms.key,
            status=status,
            reason=reason,
            next_status="returned" if returns else None,
            next_reason=behaviour.reason if returns else None,
            next_at=at + behaviour.delay_s if returns else None,
        )
        self._run("insert_change", key=terms.key, status=status, reason=reason, at=at)
        if status in ("failed", "returned"):
            self._run("take_funds", currency=terms.currency, amount_minor=-terms.amount_minor)

    def _find(self, key: str) -> Transfer | None:
        row = self._run("find_transfer", key=key).fetchone()
        return None if row is None else _transfer(row)

    def _run(self, statement: str, **parameters: object) -> sqlite3.Cursor:
        return self._db.execute(_SQL[statement], parameters)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            yield


def _transfer(row: Sequence[Any]) -> Transfer:
    return Transfer(Terms(*row[:7]), *row[7:])
