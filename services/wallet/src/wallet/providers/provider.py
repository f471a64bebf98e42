"""What the wallet asks of a payment provider."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from wallet.domain.purchase import Checkout, PaymentEvent, Purchase


class Provider(ABC):
    """Opens checkouts and tells, by webhooks, what became of them."""

    name: str

    @abstractmethod
    async def open_checkout(self, purchase: Purchase) -> Checkout:
        """Ask for a page where the viewer pays; asking again for a purchase gives the same page.

        Raises:
            ProviderUnavailableError: It did not answer, or not as agreed.
        """

    @abstractmethod
    def authenticate(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> None:
        """Check who sent a delivery, over its raw bytes.

        Args:
            headers: Of the request; names in lower case.
            body: As received.
            now_s: Unix time.

        Raises:
            SignatureError: Not signed by the provider.
            StaleError: Signed too long ago, or ahead of time.
        """

    @abstractmethod
    def read(self, body: bytes) -> PaymentEvent:
        """What an authentic delivery says.

        Raises:
            UnreadableError: It does not have the form agreed on.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let connections go."""
