"""Stripe: its Checkout takes the money, its webhooks tell of it. By Stripe's own library."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, override

import msgspec
import stripe
import structlog

from chassis.stripe.amounts import UnchargeableError, to_stripe
from chassis.stripe.client import ANSWER_WITHIN_S, client_of, facts_of
from chassis.stripe.client import http_client as network
from chassis.stripe.signed import check_delivery
from chassis.webhooks.decoding import UNDECODABLE, PageUrl, Text128
from wallet.domain.purchase import Checkout, PaymentEvent, ProviderUnavailableError, Purchase
from wallet.providers.provider import Provider
from wallet.providers.stripe_events import read_event

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

log = structlog.get_logger()


class _Opened(msgspec.Struct, frozen=True):
    url: PageUrl
    payment_intent: Text128 | None = None


class Stripe(Provider):
    """Sells through one Stripe account."""

    name = "stripe"

    def __init__(
        self,
        *,
        api_key: str,
        webhook_secrets: Sequence[str],
        success_url: str,
        cancel_url: str,
        api_url: str | None = None,
        http_client: stripe.HTTPClient | None = None,
    ) -> None:
        """Args:
        api_key: Ours, for its API.
        webhook_secrets: What it signs with: one, or two while it is rotated.
        success_url: Where Checkout sends a buyer who has paid.
        cancel_url: Where it sends one who would rather not.
        api_url: Of another API than Stripe's own.
        http_client: Another way to it than the network.
        """
        assert webhook_secrets, "without a secret nothing would be authentic"
        self._secrets = tuple(webhook_secrets)
        self._success_url = success_url
        self._cancel_url = cancel_url
        self._http = http_client or network()
        self._client = client_of(api_key, self._http, api_url=api_url)

    @override
    async def open_checkout(self, purchase: Purchase) -> Checkout:
        """Idempotent on the purchase's id, for as long as Stripe's page is open: a day."""
        try:
            asked = self._session(purchase)
            async with asyncio.timeout(ANSWER_WITHIN_S):
                session = await self._client.v1.checkout.sessions.create_async(
                    asked, {"idempotency_key": str(purchase.purchase_id)}
                )
            opened = msgspec.convert(session, _Opened, from_attributes=True)
        except (stripe.StripeError, UnchargeableError, TimeoutError, *UNDECODABLE) as error:
            log.warning("provider_unavailable", provider=self.name, **facts_of(error))
            raise ProviderUnavailableError from error
        return Checkout(opened.payment_intent, opened.url)

    def _session(self, purchase: Purchase) -> "SessionCreateParams":
        purchase_id = str(purchase.purchase_id)
        return {
            "mode": "payment",
            "client_reference_id": purchase_id,
            "metadata": {"purchase_id": purchase_id},
            # On the payment too, whose charges and refunds know nothing of the session.
            "payment_intent_data": {"metadata": {"purchase_id": purchase_id}},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": purchase.currency.lower(),
                        "unit_amount": to_stripe(purchase.amount_minor, purchase.currency),
                        "product_data": {"name": f"{purchase.coins} coins"},
                    },
                }
            ],
            # The price book says what it costs in which currency, and what is paid must be that.
            "adaptive_pricing": {"enabled": False},
            "success_url": self._success_url,
            "cancel_url": self._cancel_url,
        }

    @override
    def authenticate(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> None:
        """By the header `Stripe-Signature`."""
        check_delivery(headers, body, self._secrets, now_s=now_s)

    @override
    def read(self, body: bytes) -> PaymentEvent:
        """What became of a session; of any other type, its id and type alone."""
        return read_event(body)

    @override
    async def close(self) -> None:
        """Let connections go."""
        await self._http.close_async()
