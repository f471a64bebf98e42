"""What payouts asks of a rail that keeps accounts for creators and knows their owners."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from payouts.domain.hosted_account import AccountStatus


class Onboarding(NamedTuple):
    """A page of the rail's where its account's owner says who they are. Works once."""

    url: str
    expires_at: datetime


class AccountHost(ABC):
    """Opens accounts, sends their owners to be verified, and says how they stand."""

    name: str
    """Of the rail."""
    reviewer: str
    """Under which name what it finds about owners is on record."""

    @abstractmethod
    async def open_account(self, method_id: UUID, *, country: str, currency: str) -> str:
        """Open an account and return its name; asked again for a method soon after, the same one.

        Raises:
            RailUnavailableError: It did not answer, or not as agreed.
            OrderRefusedError: It opens none for that country and currency.
        """

    @abstractmethod
    async def onboarding(self, account_id: str) -> Onboarding:
        """A page for the owner, to be used at once and by nobody else.

        Raises:
            RailUnavailableError: See there.
        """

    @abstractmethod
    async def status(self, account_id: str) -> AccountStatus:
        """How the account stands now.

        Raises:
            RailUnavailableError: See there.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let connections go."""
