"""What the wallet asks of an app store: there the app itself buys, and shows us the receipt."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from wallet.domain.errands import Errand, ErrandOutcome, Usage
from wallet.domain.purchase import PaymentEvent, Purchase


class Store(ABC):
    """Sells inside an app, where there is no page of ours; tells us by receipts and by webhooks."""

    name: str

    @abstractmethod
    async def verify_receipt(self, purchase: Purchase, receipt: str) -> PaymentEvent:
        """What the store says of the payment that a receipt is for, whoever shows it.

        Its outcome is `succeeded`, `noted` where the money is not there yet, or `declined` where it
        was given back.

        Raises:
            ReceiptInvalidError: The store does not vouch for it.
            ProviderUnavailableError: The store did not answer, or not as agreed.
        """

    @abstractmethod
    async def receive(
        self, headers: Mapping[str, str], body: bytes, *, now_s: float
    ) -> PaymentEvent:
        """What a delivery to our webhook says, once it is sure who sent it.

        Args:
            headers: Of the request; names in lower case.
            body: As received.
            now_s: Unix time.

        Raises:
            SignatureError: Not signed by the store.
            StaleError: Signed ahead of time.
            UnreadableError: The store's, but it does not have the form agreed on.
            ProviderUnavailableError: The store has more to say of it and does not answer.
        """

    @abstractmethod
    async def run_errand(self, errand: Errand, product_id: str, usage: Usage) -> ErrandOutcome:
        """Do what the store waits for. Doing it again does no harm.

        Raises:
            ProviderUnavailableError: The store did not answer: try again later.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let connections go."""
