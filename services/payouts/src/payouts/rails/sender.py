"""What payouts asks of a rail that tells by webhooks."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from payouts.domain.rail_event import RailEvent


class Sender(ABC):
    """Signs what it sends."""

    @abstractmethod
    def authenticate(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> None:
        """Check who sent a delivery, over its raw bytes.

        Args:
            headers: Of the request; names in lower case.
            body: As received.
            now_s: Unix time.

        Raises:
            SignatureError: Not signed by the rail.
            StaleError: Signed too long ago, or ahead of time.
        """

    @abstractmethod
    def read(self, body: bytes) -> RailEvent:
        """What an authentic delivery names.

        Raises:
            UnreadableError: It does not have the form agreed on.
        """
