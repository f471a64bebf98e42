"""The rate book, kept in memory and read again only for what is new."""

from collections.abc import Collection

from chassis.db import Conn
from payouts.domain.rates import RateBook
from payouts.store import rates


class NoRatesError(Exception):
    """No rate was ever published: the process cannot work, and starting it again does not help."""


class KnownRates:
    """What this process knows of the rate book. Versions never change, so it is never wrong."""

    def __init__(self) -> None:
        self._book = RateBook(())

    async def newest(self, conn: Conn) -> RateBook:
        """The book with everything that is published by now.

        Raises:
            NoRatesError: Run `python -m payouts seed`, or `publish-rates`.
        """
        known = self._book.rates
        newer = await rates.select_rates(conn, after_version=known[-1].version if known else 0)
        if newer:
            self._book = RateBook([*known, *newer])
        if not self._book.rates:
            raise NoRatesError("no earning rate is published: run `python -m payouts seed`")
        return self._book

    async def covering(self, conn: Conn, versions: Collection[int]) -> RateBook:
        """A book that holds these versions, and at least one; asks the database only if need be.

        Raises:
            NoRatesError: See `newest`.
        """
        newest = self._book.rates[-1].version if self._book.rates else 0
        if newest < max(versions, default=1):
            return await self.newest(conn)
        return self._book
