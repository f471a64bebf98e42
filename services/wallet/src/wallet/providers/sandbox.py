"""The sandbox provider: real HTTP, real webhooks, no real money."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Final, Literal, override

import httpx
import msgspec
import structlog

from chassis.webhooks import UnreadableError
from chassis.webhooks.decoding import UNDECODABLE, PageUrl, Text128
from chassis.webhooks.signature import check_signature
from wallet.domain.claims import Disputed, Refunded, Stage, Telling, Voided
from wallet.domain.lots import COINS_MAX
from wallet.domain.purchase import (
    Checkout,
    PaymentEvent,
    ProviderUnavailableError,
    Purchase,
)
from wallet.providers.provider import Provider

TIMEOUT_S: Final = 5.0

_STAGES: Final[Mapping[str, Stage]] = MappingProxyType(
    {"dispute.opened": "opened", "dispute.lost": "lost", "dispute.won": "won"}
)

log = structlog.get_logger()


class _Payment(msgspec.Struct, frozen=True):
    payment_id: Text128
    reference: Text128
    amount_minor: Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]


type _Minor = Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]


class _Refund(msgspec.Struct, frozen=True):
    refunded_minor: _Minor
    returned_minor: _Minor


class _Dispute(msgspec.Struct, frozen=True):
    dispute_id: Text128
    disputed_minor: Annotated[int, msgspec.Meta(ge=1, le=COINS_MAX)]
    fee_minor: _Minor


class _Event(msgspec.Struct, frozen=True):
    id: Text128
    type: Text128
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Opened(msgspec.Struct, frozen=True):
    payment_id: Text128
    checkout_url: PageUrl


class Sandbox(Provider):
    """Talks to the stand-alone sandbox provider."""

    name = "sandbox"

    def __init__(
        self,
        *,
        url: str,
        api_key: str,
        webhook_secrets: Sequence[str],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Args:
        url: Of the provider's API.
        api_key: Ours, for its API.
        webhook_secrets: What it signs with: one, or two while it is rotated.
        transport: Another way to the provider than the network.
        """
        assert webhook_secrets, "without a secret nothing would be authentic"
        self._secrets = [secret.encode() for secret in webhook_secrets]
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=TIMEOUT_S,
            transport=transport,
            trust_env=False,
        )

    @override
    async def open_checkout(self, purchase: Purchase) -> Checkout:
        """Idempotent on the purchase's id, which is the provider's `reference`."""
        terms = {
            "reference": str(purchase.purchase_id),
            "amount_minor": purchase.amount_minor,
            "currency": purchase.currency,
            "description": f"{purchase.coins} coins",
            "quantity": purchase.coins,
        }
        try:
            response = await self._ask("/v1/checkouts", terms)
            response.raise_for_status()
            opened = msgspec.json.decode(response.content, type=_Opened)
        except (httpx.HTTPError, *UNDECODABLE) as error:
            log.warning("provider_unavailable", provider=self.name, reason=repr(error))
            raise ProviderUnavailableError from error
        return Checkout(opened.payment_id, opened.checkout_url)

    async def _ask(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        """Ask once more when the connection broke: it had waited idle, and the provider left it."""
        try:
            return await self._client.post(path, json=body)
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            log.info("provider_asked_again", provider=self.name, reason=repr(error))
            return await self._client.post(path, json=body)

    @override
    def authenticate(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> None:
        """By the header `Largesse-Signature`."""
        check_signature(headers.get("largesse-signature"), body, self._secrets, now_s=now_s)

    @override
    def read(self, body: bytes) -> PaymentEvent:
        """What became of a payment; of any type not known here, its id and type alone."""
        try:
            event = msgspec.json.decode(body, type=_Event)
            if event.type == "payment.succeeded":
                return _payment_event(event, "succeeded")
            if event.type == "payment.declined":
                return _payment_event(event, "declined")
            if (claim := _claim(event)) is not None:
                return _payment_event(event, "claimed")._replace(claim=claim)
        except UNDECODABLE as error:
            raise UnreadableError(str(error)) from error
        return PaymentEvent(event.id, event.type, None)

    @override
    async def close(self) -> None:
        """Let connections go."""
        await self._client.aclose()


def _claim(event: _Event) -> Telling | None:
    """What the event takes back, or gives back, of its payment."""
    match event.type:
        case "payment.refunded" | "payment.refund_reversed":
            refund = msgspec.json.decode(event.data, type=_Refund)
            return Refunded(refund.refunded_minor, refund.returned_minor)
        case "payment.voided":
            return Voided()
        case "dispute.opened" | "dispute.lost" | "dispute.won":
            dispute = msgspec.json.decode(event.data, type=_Dispute)
            return Disputed(
                dispute.dispute_id,
                _STAGES[event.type],
                dispute.disputed_minor,
                dispute.fee_minor,
            )
        case _:
            return None


def _payment_event(
    event: _Event, outcome: Literal["succeeded", "declined", "claimed"]
) -> PaymentEvent:
    payment = msgspec.json.decode(event.data, type=_Payment)
    return PaymentEvent(
        event.id,
        event.type,
        outcome,
        payment.payment_id,
        payment.reference,
        payment.amount_minor,
        payment.currency,
    )
