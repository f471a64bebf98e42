"""The customer's side: transfers and what became of them, by JSON and an API key."""

import asyncio
import hmac
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chassis import money
from sandbox_bank.store import Store
from sandbox_bank.transfers import Behaviour, Outcome, Terms, Transfer, UnauthorizedError

AMOUNT_MAX = 2**53 - 1
CHANGES_MAX = 1_000


def _known_currency(code: str) -> str:
    money.exponent(code)
    return code


type Currency = Annotated[str, AfterValidator(_known_currency)]


class _Account(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    holder: str = Field(min_length=1, max_length=140)
    country: str = Field(pattern=r"^[A-Z]{2}$")
    currency: Currency
    account: str = Field(min_length=1, max_length=34)
    bank_code: str | None = Field(default=None, max_length=11)


class NewTransfer(_Account):
    """What to pay to whom; sending it again gives the same transfer."""

    key: str = Field(min_length=1, max_length=128)
    """The customer's own id of it."""
    amount_minor: int = Field(ge=1, le=AMOUNT_MAX)

    def terms(self) -> Terms:
        """The same as the store keeps it."""
        return Terms(**self.model_dump())


class NewBehaviour(BaseModel):
    """How an account is to behave."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome = "pay"
    reason: str | None = Field(default=None, max_length=200)
    delay_s: float = Field(default=0, ge=0, le=86_400)
    silence_s: float = Field(default=0, ge=0, le=60)
    is_known: bool = True


class NewFunds(BaseModel):
    """What the customer has with the bank."""

    model_config = ConfigDict(extra="forbid", strict=True)

    amount_minor: int | None = Field(ge=0, le=AMOUNT_MAX)


class Return(BaseModel):
    """Why a transfer comes back."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str = Field(min_length=1, max_length=200)


def transfer_json(transfer: Transfer) -> dict[str, Any]:
    """A transfer as customers see it: without whom it went to, which they know."""
    return {
        "key": transfer.terms.key,
        "amount_minor": transfer.terms.amount_minor,
        "currency": transfer.terms.currency,
        "status": transfer.status,
        "reason": transfer.reason,
        "accepted_at": transfer.accepted_at,
    }


def make_router(store: Store, *, api_key: str) -> APIRouter:
    """The routes below /v1."""

    def authorize(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {api_key}".encode()):
            raise UnauthorizedError("send the API key as `Authorization: Bearer …`")

    router = APIRouter(prefix="/v1", dependencies=[Depends(authorize)])

    @router.post("/accounts/check")
    async def check_account(account: Annotated[_Account, Body()]) -> dict[str, Any]:
        behaviour = store.behaviour(account.account)
        reason = None if behaviour.is_known else behaviour.reason or "account_unknown"
        return {"known": behaviour.is_known, "reason": reason}

    @router.post("/transfers", status_code=201)
    async def order(new: Annotated[NewTransfer, Body()], response: Response) -> dict[str, Any]:
        transfer, is_new = store.accept(new.terms())
        if is_new:
            # The order stands; its answer may be one that nobody waits for any more.
            await asyncio.sleep(store.behaviour(new.account).silence_s)
        else:
            response.status_code = 200
        return transfer_json(transfer)

    @router.get("/transfers/{key}")
    async def show(key: str) -> dict[str, Any]:
        return transfer_json(store.find(key))

    @router.post("/transfers/{key}/return")
    async def give_back(key: str, given: Annotated[Return, Body()]) -> dict[str, Any]:
        return transfer_json(store.give_back(key, given.reason))

    @router.get("/changes")
    async def list_changes(
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=CHANGES_MAX)] = 100,
    ) -> dict[str, Any]:
        return {"changes": [asdict(change) for change in store.changes(after, limit)]}

    @router.get("/report")
    async def report() -> dict[str, Any]:
        return {"transfers": [transfer_json(transfer) for transfer in store.report()]}

    @router.put("/behaviours/{account}", status_code=204)
    async def behave(account: str, new: Annotated[NewBehaviour, Body()]) -> None:
        store.set_behaviour(account, Behaviour(**new.model_dump()))

    @router.put("/funds/{currency}", status_code=204)
    async def fund(currency: Currency, new: Annotated[NewFunds, Body()]) -> None:
        store.set_funds(currency, new.amount_minor)

    return router
