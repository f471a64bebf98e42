"""What payouts asks of a rail."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from payouts.domain.method import BankDetails
from payouts.domain.reconciliation import Theirs
from payouts.domain.transfer import Change


class RailUnavailableError(Exception):
    """The rail did not answer, or not as agreed. An order may have been taken or not."""


class RailFundsMissingError(Exception):
    """We have too little with the rail; it has taken nothing."""


class OrderRefusedError(Exception):
    """The rail will never take this order; the message is its code for why."""


class AccountCheck(NamedTuple):
    """Whether the rail can pay to an account."""

    is_known: bool
    reason: str | None


class Rail(ABC):
    """Takes orders, each once per key, and tells what became of them, in order."""

    name: str
    hosts_accounts: bool = False
    """Whether it keeps accounts for creators, and verifies their owners: `AccountWatch` confirms
    methods then, and not the payout run."""

    @abstractmethod
    async def check_account(self, details: BankDetails) -> AccountCheck:
        """Whether there is such an account.

        Raises:
            RailUnavailableError: See there.
        """

    @abstractmethod
    async def has(self, key: str) -> bool:
        """Whether it has taken an order under this key.

        Raises:
            RailUnavailableError: See there.
        """

    @abstractmethod
    async def pay(self, key: str, amount_minor: int, details: BankDetails) -> None:
        """Order a transfer; ordering it again under its key changes nothing.

        Raises:
            RailUnavailableError: It may have been taken: ask `has` before ordering again.
            RailFundsMissingError: Try again later.
            OrderRefusedError: Another order has the key, or it makes no sense to the rail.
        """

    @abstractmethod
    async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
        """What happened after a step, in order.

        Raises:
            RailUnavailableError: See there.
        """

    @abstractmethod
    async def report(self) -> Sequence[Theirs]:
        """All that is in its own books.

        Raises:
            RailUnavailableError: See there.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let connections go."""
