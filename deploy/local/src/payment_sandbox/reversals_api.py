"""The merchant's side of payments on their way back, and the switches of bad days."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator

from payment_sandbox.api import AMOUNT_MAX, authorizer, refuser
from payment_sandbox.deliveries import Deliveries
from payment_sandbox.faults import Faults
from payment_sandbox.reversals import Reversals
from payment_sandbox.store import Store

type Amount = Annotated[int, Field(ge=1, le=AMOUNT_MAX)]


class NewRefund(BaseModel):
    """How much to give back: an amount, so many pieces, or all that is left."""

    model_config = ConfigDict(extra="forbid", strict=True)

    amount_minor: Amount | None = None
    quantity: Amount | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "NewRefund":
        if self.amount_minor is not None and self.quantity is not None:
            raise ValueError("give an amount or a quantity")
        return self


class RefundReversal(BaseModel):
    """How much of the refunds to take back; all of them unless told."""

    model_config = ConfigDict(extra="forbid", strict=True)

    amount_minor: Amount | None = None


class NewDispute(BaseModel):
    """How much the payer's bank wants, and what it costs the merchant."""

    model_config = ConfigDict(extra="forbid", strict=True)

    amount_minor: Amount | None = None
    fee_minor: Annotated[int, Field(ge=0, le=AMOUNT_MAX)] = 1_500


class NewFaults(BaseModel):
    """What to disturb from now on; what is left out is as it should be."""

    model_config = ConfigDict(extra="forbid", strict=True)

    outage: bool = False
    late_s: Annotated[float, Field(ge=0, le=3_600)] = 0
    shuffled: bool = False
    repeats: Annotated[int, Field(ge=0, le=10)] = 0


def make_router(store: Store, deliveries: Deliveries, *, api_key: str) -> APIRouter:
    """The routes below /v1 that give money back, and /v1/faults."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(authorizer(api_key))])
    in_service = [Depends(refuser(store))]
    reversals = Reversals(store)

    def told(what: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass
        deliveries.notify()
        return asdict(what)

    @router.post("/checkouts/{payment_id}/refunds", status_code=201, dependencies=in_service)
    async def refund(payment_id: str, new: Annotated[NewRefund, Body()]) -> dict[str, Any]:
        return told(
            reversals.refund(payment_id, amount_minor=new.amount_minor, quantity=new.quantity)
        )

    @router.post("/checkouts/{payment_id}/refunds/reverse", dependencies=in_service)
    async def reverse(payment_id: str, new: Annotated[RefundReversal, Body()]) -> dict[str, Any]:
        return told(reversals.reverse_refund(payment_id, amount_minor=new.amount_minor))

    @router.post("/checkouts/{payment_id}/void", dependencies=in_service)
    async def void(payment_id: str) -> dict[str, Any]:
        return told(reversals.void(payment_id))

    @router.post("/checkouts/{payment_id}/disputes", status_code=201, dependencies=in_service)
    async def dispute(payment_id: str, new: Annotated[NewDispute, Body()]) -> dict[str, Any]:
        return told(
            reversals.open_dispute(
                payment_id, amount_minor=new.amount_minor, fee_minor=new.fee_minor
            )
        )

    @router.post("/disputes/{dispute_id}/lose", dependencies=in_service)
    async def lose(dispute_id: str) -> dict[str, Any]:
        return told(reversals.decide_dispute(dispute_id, "lost"))

    @router.post("/disputes/{dispute_id}/win", dependencies=in_service)
    async def win(dispute_id: str) -> dict[str, Any]:
        return told(reversals.decide_dispute(dispute_id, "won"))

    # Answers during an outage too: somebody has to end it.
    @router.put("/faults")
    async def disturb(new: Annotated[NewFaults, Body()]) -> dict[str, Any]:
        store.set_faults(Faults(**new.model_dump()))
        return told(store.find_faults())

    return router
