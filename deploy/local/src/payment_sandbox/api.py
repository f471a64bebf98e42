"""The merchant's side: checkouts and events, by JSON and an API key."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl

from chassis import money
from payment_sandbox.deliveries import Deliveries
from payment_sandbox.payments import Checkout, Event, OutageError, Terms, UnauthorizedError
from payment_sandbox.store import Store

AMOUNT_MAX = 2**53 - 1
EVENTS_MAX = 1_000


def _known_currency(code: str) -> str:
    money.exponent(code)
    return code


class NewCheckout(BaseModel):
    """What to be paid for; sending it again gives the same checkout."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reference: str = Field(min_length=1, max_length=128)
    """The merchant's own id of the payment."""
    amount_minor: int = Field(ge=1, le=AMOUNT_MAX)
    """In the currency's smallest unit."""
    currency: Annotated[str, AfterValidator(_known_currency)]
    description: str = Field(min_length=1, max_length=200)
    return_url: HttpUrl | None = None
    """Where the page leads back to."""
    quantity: int = Field(default=1, ge=1, le=AMOUNT_MAX)
    """Of how many pieces, for refunds by quantity."""

    def terms(self) -> Terms:
        """The same as the store keeps it."""
        return Terms(
            reference=self.reference,
            amount_minor=self.amount_minor,
            currency=self.currency,
            description=self.description,
            return_url=None if self.return_url is None else str(self.return_url),
            quantity=self.quantity,
        )


class NewEvent(BaseModel):
    """An event to send, of any type: how a merchant's handling of surprises is tested."""

    model_config = ConfigDict(extra="forbid", strict=True)

    payment_id: str
    type: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=64)


def checkout_json(checkout: Checkout, base: str) -> dict[str, Any]:
    """A checkout as merchants and callers of the page's endpoints see it."""
    return {
        "payment_id": checkout.payment_id,
        "checkout_url": f"{base}/checkout/{checkout.payment_id}",
        "status": checkout.status,
        "created_at": checkout.created_at,
        **asdict(checkout.terms),
    }


def event_json(event: Event) -> dict[str, Any]:
    """An event with the attempts to deliver it."""
    return asdict(event) | {"body": event.body.decode()}


def authorizer(api_key: str) -> Callable[[str], None]:
    """What lets only the merchant in."""

    def authorize(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {api_key}".encode()):
            raise UnauthorizedError("send the API key as `Authorization: Bearer …`")

    return authorize


def refuser(store: Store) -> Callable[[], Awaitable[None]]:
    """What turns everybody away while an outage is being played."""

    # Not a plain function: those run in threads, and the store belongs to this one.
    async def refuse() -> None:
        if store.find_faults().outage:
            raise OutageError("the provider is out of service, on request")

    return refuse


def make_router(store: Store, deliveries: Deliveries, *, api_key: str, base: str) -> APIRouter:
    """The routes below /v1. `base` stands before each checkout's path."""

    router = APIRouter(
        prefix="/v1", dependencies=[Depends(authorizer(api_key)), Depends(refuser(store))]
    )

    @router.post("/checkouts", status_code=201)
    async def open_checkout(
        new: Annotated[NewCheckout, Body()], response: Response
    ) -> dict[str, Any]:
        checkout, made = store.open_checkout(new.terms())
        if not made:
            response.status_code = 200
        return checkout_json(checkout, base)

    @router.get("/checkouts/{payment_id}")
    async def show_checkout(payment_id: str) -> dict[str, Any]:
        return checkout_json(store.find_checkout(payment_id), base)

    @router.get("/events")
    async def list_events(
        payment_id: str | None = None, limit: Annotated[int, Query(ge=1, le=EVENTS_MAX)] = 100
    ) -> dict[str, Any]:
        return {"events": [event_json(each) for each in store.select_events(payment_id, limit)]}

    @router.get("/events/{event_id}")
    async def show_event(event_id: str) -> dict[str, Any]:
        return event_json(store.find_event(event_id))

    @router.post("/events", status_code=201)
    async def queue_event(new: Annotated[NewEvent, Body()]) -> dict[str, Any]:
        event = store.queue_event(new.payment_id, new.type)
        deliveries.notify()
        return event_json(event)

    @router.post("/events/{event_id}/resend", status_code=202)
    async def send_event_again(event_id: str) -> dict[str, Any]:
        event = store.send_again(event_id)
        deliveries.notify()
        return event_json(event)

    return router
