"""The payment provider's side, honest and forged: webhooks as they would reach the wallet."""

import hashlib
import hmac
import time
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx
import orjson

from local_stack.databases import password
from local_stack.stack import Stack

SIGNATURE = "Largesse-Signature"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a webhook tells of a payment."""

    payment_id: str
    reference: str
    amount_minor: int
    currency: str
    type: str = "payment.succeeded"
    event_id: str = field(default_factory=lambda: f"evt_{uuid4().hex}")

    def body(self) -> bytes:
        """The bytes that are sent, and signed."""
        return orjson.dumps(
            {
                "id": self.event_id,
                "type": self.type,
                "created_at": "2026-11-24T12:00:00+00:00",
                "data": {
                    "payment_id": self.payment_id,
                    "reference": self.reference,
                    "amount_minor": self.amount_minor,
                    "currency": self.currency,
                },
            }
        )

    def but(self, **changes: Any) -> "Notice":
        """The same with changes, under an event id of its own."""
        return replace(self, event_id=f"evt_{uuid4().hex}", **changes)


class Provider:
    """Knows the provider's secrets, and can do what whoever has stolen them could."""

    def __init__(self, stack: Stack, http: httpx.AsyncClient) -> None:
        self._sandbox = stack.addresses.url("payment-sandbox")
        self._webhook = stack.addresses.url("wallet-api", "/webhooks/sandbox")
        self._key = password(stack.home, "sandbox-api-key")
        self._secret = password(stack.home, "sandbox-webhook-secret")
        self._http = http

    async def notice(self, checkout_url: str) -> Notice:
        """What the provider would tell of a checkout, were it paid now."""
        payment_id = checkout_url.rpartition("/")[2]
        checkout = await self._api("GET", f"/v1/checkouts/{payment_id}")
        return Notice(
            payment_id=checkout["payment_id"],
            reference=checkout["reference"],
            amount_minor=checkout["amount_minor"],
            currency=checkout["currency"],
        )

    async def events(self, payment_id: str) -> list[dict[str, Any]]:
        """What the provider has told, and with what success."""
        return (await self._api("GET", f"/v1/events?payment_id={payment_id}"))["events"]

    async def resend(self, event_id: str) -> None:
        """Let the provider tell of an event again."""
        await self._api("POST", f"/v1/events/{event_id}/resend")

    async def refund(self, payment_id: str, **how: Any) -> None:
        """Give money back: `amount_minor`, `quantity`, or all."""
        await self._api("POST", f"/v1/checkouts/{payment_id}/refunds", how)

    async def reverse_refund(self, payment_id: str) -> None:
        """Take the refunds back."""
        await self._api("POST", f"/v1/checkouts/{payment_id}/refunds/reverse", {})

    async def dispute(self, payment_id: str) -> str:
        """Let the payer's bank want the money back; gives the dispute's id."""
        opened = await self._api("POST", f"/v1/checkouts/{payment_id}/disputes", {})
        return opened["dispute_id"]

    async def decide(self, dispute_id: str, decision: str) -> None:
        """End a dispute: `lose` or `win` it."""
        await self._api("POST", f"/v1/disputes/{dispute_id}/{decision}")

    async def disturb(self, **faults: Any) -> None:
        """Deliver late, shuffled or repeatedly from now on, or nothing at all."""
        await self._api("PUT", "/v1/faults", faults)

    def sign(self, body: bytes, *, age_s: int = 0, secret: str | None = None) -> str:
        """The header's value for a body that was signed so many seconds ago."""
        at = int(time.time()) - age_s
        key = (secret or self._secret).encode()
        digest = hmac.new(key, b"%d.%b" % (at, body), hashlib.sha256).hexdigest()
        return f"t={at},v1={digest}"

    async def deliver(self, body: bytes, signature: str | None = None) -> httpx.Response:
        """Post a body to the wallet as the provider would; signed now unless told otherwise."""
        header = self.sign(body) if signature is None else signature
        return await self._http.post(
            self._webhook,
            content=body,
            headers={"Content-Type": "application/json", SIGNATURE: header},
        )

    async def deliver_bare(self, body: bytes) -> httpx.Response:
        """Post a body without any signature."""
        return await self._http.post(self._webhook, content=body)

    async def _api(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}"}
        response = await self._http.request(
            method, self._sandbox + path, headers=headers, json=body
        )
        assert response.is_success, response.text
        return response.json()
