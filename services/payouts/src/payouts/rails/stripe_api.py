"""What payouts asks of Stripe's API, by Stripe's own library; answers become types of ours."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
import stripe
import structlog

from chassis.stripe.client import ANSWER_WITHIN_S, client_of, facts_of
from chassis.stripe.client import http_client as network
from chassis.webhooks.decoding import UNDECODABLE, PageUrl, Text128
from contracts.event import COINS_MAX
from payouts.rails.rail import OrderRefusedError, RailUnavailableError

if TYPE_CHECKING:
    from stripe.params import AccountCreateParams, PayoutListParams, TransferListParams

PAGE: Final = 100
FUNDS_MISSING: Final = "balance_insufficient"

type _Amount = Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]
type _Currency = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{3}\Z")]
type _Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_.]{1,100}\Z")]

log = structlog.get_logger()


class Metadata(msgspec.Struct, frozen=True):
    """What we wrote on it: the order's key, or nothing where it is none of ours."""

    key: Text128 | None = None


class Requirements(msgspec.Struct, frozen=True):
    """What Stripe wants of an account's owner."""

    currently_due: tuple[str, ...] | None = None
    disabled_reason: _Code | None = None


class Capabilities(msgspec.Struct, frozen=True):
    """What an account may do."""

    transfers: Literal["active", "inactive", "pending"] = "inactive"


class Account(msgspec.Struct, frozen=True):
    """A connected account."""

    id: Text128
    payouts_enabled: bool
    default_currency: _Currency | None = None
    requirements: Requirements | None = None
    capabilities: Capabilities | None = None


class Transfer(msgspec.Struct, frozen=True):
    """From our balance to that of a connected account."""

    id: Text128
    amount: _Amount
    amount_reversed: _Amount
    currency: _Currency
    created: _Amount
    destination: Text128
    transfer_group: Text128 | None = None

    @property
    def is_taken_back(self) -> bool:
        """Whether all of it is ours again."""
        return self.amount_reversed >= self.amount


class Payout(msgspec.Struct, frozen=True):
    """From a connected account's balance to its owner's bank."""

    id: Text128
    amount: _Amount
    currency: _Currency
    status: Literal["paid", "pending", "in_transit", "canceled", "failed"]
    failure_code: _Code | None = None
    metadata: Metadata = Metadata()


class _Link(msgspec.Struct, frozen=True):
    url: PageUrl
    expires_at: _Amount


class _Reversal(msgspec.Struct, frozen=True):
    id: Text128


class _Page(msgspec.Struct, frozen=True):
    data: tuple[Any, ...]
    has_more: bool


class StripeApi:
    """One platform account of Stripe's."""

    def __init__(
        self,
        *,
        api_key: str,
        api_url: str | None = None,
        http_client: stripe.HTTPClient | None = None,
    ) -> None:
        """Args:
        api_key: Of the platform.
        api_url: Of another API than Stripe's own.
        http_client: Another way to it than the network.
        """
        self._http = http_client or network()
        self._client = client_of(api_key, self._http, api_url=api_url)

    async def create_account(
        self, asked: "AccountCreateParams", *, idempotency_key: str
    ) -> Account:
        """A connected account.

        Raises:
            RailUnavailableError: It may have been made.
            OrderRefusedError: It was not.
        """
        return await _ask(
            self._client.v1.accounts.create_async(asked, {"idempotency_key": idempotency_key}),
            Account,
        )

    async def account(self, account_id: str) -> Account:
        """A connected account as it is now."""
        return await _ask(self._client.v1.accounts.retrieve_async(account_id), Account)

    async def account_link(
        self, account_id: str, *, return_url: str, refresh_url: str
    ) -> tuple[str, datetime]:
        """A page for an account's owner, and until when it works."""
        link = await _ask(
            self._client.v1.account_links.create_async(
                {
                    "account": account_id,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    "refresh_url": refresh_url,
                }
            ),
            _Link,
        )
        return link.url, datetime.fromtimestamp(link.expires_at, UTC)

    async def transfers(self, key: str | None = None) -> AsyncGenerator[Transfer]:
        """Those of an order, or all; newest first."""
        asked: TransferListParams = {"limit": PAGE}
        if key is not None:
            asked["transfer_group"] = key
        while True:
            page = await _ask(self._client.v1.transfers.list_async(asked), _Page)
            for each in page.data:
                yield _read(each, Transfer)
            if not page.has_more or not page.data:
                return
            asked["starting_after"] = _read(page.data[-1], Transfer).id

    async def payouts(
        self, account_id: str, *, since_s: int | None = None
    ) -> AsyncGenerator[Payout]:
        """Of a connected account, newest first."""
        asked: PayoutListParams = {"limit": PAGE}
        if since_s is not None:
            asked["created"] = {"gte": since_s}
        while True:
            page = await _ask(
                self._client.v1.payouts.list_async(asked, {"stripe_account": account_id}), _Page
            )
            for each in page.data:
                yield _read(each, Payout)
            if not page.has_more or not page.data:
                return
            asked["starting_after"] = _read(page.data[-1], Payout).id

    async def create_transfer(
        self, key: str, amount: int, currency: str, account_id: str, *, idempotency_key: str
    ) -> Transfer:
        """Move money of ours to a connected account.

        Raises:
            RailUnavailableError: It may have been taken.
            OrderRefusedError: It was not; the message is Stripe's code.
        """
        return await _ask(
            self._client.v1.transfers.create_async(
                {
                    "amount": amount,
                    "currency": currency.lower(),
                    "destination": account_id,
                    "transfer_group": key,
                    "metadata": {"key": key},
                },
                {"idempotency_key": idempotency_key},
            ),
            Transfer,
        )

    async def create_payout(self, key: str, transfer: Transfer, *, idempotency_key: str) -> Payout:
        """Send what a transfer brought on to the bank of the account's owner.

        Raises:
            RailUnavailableError: It may have been taken.
            OrderRefusedError: It was not; the message is Stripe's code.
        """
        return await _ask(
            self._client.v1.payouts.create_async(
                {
                    "amount": transfer.amount,
                    "currency": transfer.currency,
                    "metadata": {"key": key},
                },
                {"idempotency_key": idempotency_key, "stripe_account": transfer.destination},
            ),
            Payout,
        )

    async def take_back(self, key: str, transfer: Transfer, *, idempotency_key: str) -> None:
        """Move what is left of a transfer back to our balance.

        Raises:
            RailUnavailableError: It may have happened.
            OrderRefusedError: It did not; the message is Stripe's code.
        """
        await _ask(
            self._client.v1.transfers.reversals.create_async(
                transfer.id, {"metadata": {"key": key}}, {"idempotency_key": idempotency_key}
            ),
            _Reversal,
        )

    async def close(self) -> None:
        """Let connections go."""
        await self._http.close_async()


async def _ask[T](answer: Awaitable[object], form: type[T]) -> T:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            found = await answer
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        # The one kind of answer that says for certain that nothing was done. A key that is used
        # for something else, a conflict, or one of our own keys that is wrong says no such thing.
        log.warning("stripe_refused", **facts_of(error))
        raise OrderRefusedError(_code(error.code)) from None
    except stripe.PermissionError as error:
        log.warning("stripe_refused", **facts_of(error))
        if error.code == "account_invalid":
            raise OrderRefusedError(_code(error.code)) from None
        # A restricted key of ours that may not do it: nothing is wrong with the order.
        raise RailUnavailableError(type(error).__name__) from None
    except (stripe.StripeError, TimeoutError, *UNDECODABLE) as error:
        # Not the error itself, whose text can quote an account.
        facts = facts_of(error)
        log.warning("stripe_unavailable", **facts)
        raise RailUnavailableError(str(facts["reason"])) from None
    return _read(found, form)


def _read[T](found: object, form: type[T]) -> T:
    try:
        return msgspec.convert(found, form, from_attributes=True)
    except UNDECODABLE:
        log.error("stripe_answer_unreadable", kind=form.__name__)
        raise RailUnavailableError("an answer in another form than was agreed on") from None


def _code(code: str | None) -> str:
    """Stripe's word for a refusal, where it is one that may be shown and kept."""
    try:
        return msgspec.convert(code, _Code)
    except msgspec.ValidationError:
        return "refused"
