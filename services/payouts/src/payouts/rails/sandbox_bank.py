"""The sandbox bank: real HTTP, no real money."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, override

import httpx
import msgspec

from chassis.webhooks.decoding import UNDECODABLE
from contracts.event import COINS_MAX
from payouts.domain.method import BankDetails
from payouts.domain.reconciliation import Theirs
from payouts.domain.transfer import Change, TransferStatus
from payouts.rails.rail import (
    AccountCheck,
    OrderRefusedError,
    Rail,
    RailFundsMissingError,
    RailUnavailableError,
)

TIMEOUT_S: Final = 5.0

# No NUL, which PostgreSQL's text cannot hold.
type _Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*\Z")]
type _Amount = Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]


class _Check(msgspec.Struct, frozen=True):
    known: bool
    reason: _Text | None


class _Change(msgspec.Struct, frozen=True):
    seq: Annotated[int, msgspec.Meta(gt=0, le=COINS_MAX)]
    key: _Text
    status: TransferStatus
    amount_minor: _Amount
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
    reason: _Text | None


class _Changes(msgspec.Struct, frozen=True):
    changes: tuple[_Change, ...]


class _Line(msgspec.Struct, frozen=True):
    key: _Text
    status: TransferStatus
    amount_minor: _Amount
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]


class _Report(msgspec.Struct, frozen=True):
    transfers: tuple[_Line, ...]


class _Problem(msgspec.Struct, frozen=True):
    code: _Text


class _Refusal(msgspec.Struct, frozen=True):
    error: _Problem


class SandboxBank(Rail):
    """Talks to the stand-alone sandbox bank."""

    name = "sandbox_bank"

    def __init__(
        self,
        *,
        url: str,
        api_key: str,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport`: another way to the bank than the network."""
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=timeout_s,
            transport=transport,
            trust_env=False,
        )

    @override
    async def check_account(self, details: BankDetails) -> AccountCheck:
        """Asked of the account alone: nothing is ordered."""
        response = await self._ask("POST", "/v1/accounts/check", body=_account(details))
        if response.status_code == 422:
            return AccountCheck(is_known=False, reason="account_malformed")
        check = _read(response, _Check)
        return AccountCheck(check.known, check.reason)

    @override
    async def has(self, key: str) -> bool:
        """By the key, which the bank keeps as long as the order."""
        response = await self._ask("GET", f"/v1/transfers/{key}")
        if response.status_code == 404 and _code(response) == "unknown_transfer":
            return False
        _check_success(response)
        return True

    @override
    async def pay(self, key: str, amount_minor: int, details: BankDetails) -> None:
        """In the currency of the account."""
        body = {"key": key, "amount_minor": amount_minor, **_account(details)}
        response = await self._ask("POST", "/v1/transfers", body=body)
        match response.status_code:
            case 402:
                raise RailFundsMissingError
            case 409 | 422:
                raise OrderRefusedError(_code(response))
            case _:
                _check_success(response)

    @override
    async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
        """Of all transfers, in one order."""
        response = await self._ask("GET", "/v1/changes", query={"after": after, "limit": limit})
        return [
            Change(each.seq, each.key, each.status, each.amount_minor, each.currency, each.reason)
            for each in _read(response, _Changes).changes
        ]

    @override
    async def report(self) -> Sequence[Theirs]:
        """In one answer: a sandbox has few."""
        response = await self._ask("GET", "/v1/report")
        return [
            Theirs(each.key, each.status, each.amount_minor, each.currency)
            for each in _read(response, _Report).transfers
        ]

    @override
    async def close(self) -> None:
        """Let connections go."""
        await self._client.aclose()

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, int] | None = None,
    ) -> httpx.Response:
        try:
            return await self._client.request(method, path, json=body, params=query)
        except httpx.HTTPError as error:
            # Not the request, which names an account.
            raise RailUnavailableError(type(error).__name__) from None


def _account(details: BankDetails) -> dict[str, object]:
    return msgspec.to_builtins(details)


def _check_success(response: httpx.Response) -> None:
    if not response.is_success:
        raise RailUnavailableError(f"status {response.status_code}")


def _read[T](response: httpx.Response, kind: type[T]) -> T:
    _check_success(response)
    try:
        return msgspec.json.decode(response.content, type=kind)
    except UNDECODABLE as error:
        raise RailUnavailableError("an answer in another form than was agreed on") from error


def _code(response: httpx.Response) -> str:
    """What the bank calls its refusal; a status that comes from something else is an outage."""
    try:
        return msgspec.json.decode(response.content, type=_Refusal).error.code
    except UNDECODABLE as error:
        raise RailUnavailableError(f"status {response.status_code}") from error
