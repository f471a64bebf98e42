"""Google Play: purchase tokens, real-time notifications by Pub/Sub, and what Play must be told.

https://developer.android.com/google/play/billing/rtdn-reference
"""

import hashlib
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple, override

import httpx
import msgspec
import structlog

from chassis.webhooks import UnreadableError
from chassis.webhooks.decoding import UNDECODABLE, Text128
from wallet.domain.claims import WHOLE, ChargedBack, RefundedShare
from wallet.domain.errands import Errand, ErrandOutcome, Usage
from wallet.domain.purchase import PaymentEvent, Purchase, ReceiptInvalidError
from wallet.providers.google_play_api import (
    CANCELED,
    CHARGED_BACK,
    CONSUMED,
    PENDING,
    PURCHASED,
    GooglePlayApi,
    ProductPurchase,
    TokenUnknownError,
    VoidedPurchase,
)
from wallet.providers.google_push import PushTokens
from wallet.providers.store import Store

log = structlog.get_logger()

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~:-]{1,1000}")
_TEST: Final = 0
"""The purchase type of testers, who do not pay."""

_OUTCOMES: Final[Mapping[int, Literal["succeeded", "declined", "noted"]]] = {
    PURCHASED: "succeeded",
    CANCELED: "declined",
    PENDING: "noted",
}

type _Token = Annotated[str, msgspec.Meta(pattern=rf"^{_TOKEN.pattern}\Z")]


class _Message(msgspec.Struct, frozen=True, rename="camel"):
    message_id: Text128
    data: str


class _Push(msgspec.Struct, frozen=True):
    message: _Message


class _OneTimeProduct(msgspec.Struct, frozen=True, rename="camel"):
    notification_type: int
    purchase_token: _Token
    sku: Text128


class _Notification(msgspec.Struct, frozen=True, rename="camel"):
    package_name: Text128
    one_time_product_notification: _OneTimeProduct | None = None
    voided_purchase_notification: dict[str, object] | None = None
    test_notification: dict[str, object] | None = None


class Voided(NamedTuple):
    """An entry of the list of purchases that were taken back."""

    event: PaymentEvent
    body: bytes
    """As listed."""


class VoidedPage(NamedTuple):
    """A page of the list."""

    voided: tuple[Voided, ...]
    next_page_token: str | None
    """None: it was the last page."""


class GooglePlay(Store):
    """Sells in one app."""

    name = "google_play"

    def __init__(
        self,
        package: str,
        api: GooglePlayApi,
        tokens: PushTokens,
        http: httpx.AsyncClient,
        *,
        takes_test_purchases: bool = False,
    ) -> None:
        """Args:
        package: The app's, such as `com.example.app`.
        api: Of that app.
        tokens: Checks who pushes.
        http: What `tokens` asks with; closed at the end.
        takes_test_purchases: Whether testers get coins for what they did not pay.
        """
        self._package = package
        self._api = api
        self._tokens = tokens
        self._http = http
        self._takes_test_purchases = takes_test_purchases

    @override
    async def verify_receipt(self, purchase: Purchase, receipt: str) -> PaymentEvent:
        """A receipt is a purchase token; Google is asked what became of it."""
        if not _TOKEN.fullmatch(receipt):
            raise ReceiptInvalidError("no purchase token")
        try:
            found = await self._api.find(purchase.bundle_id, receipt)
        except TokenUnknownError as error:
            raise ReceiptInvalidError("Google knows no such purchase of the product") from error
        if not self._is_paid_for(found):
            raise ReceiptInvalidError("nobody paid for it")
        return _payment(found, purchase.bundle_id, receipt)

    @override
    async def receive(
        self, headers: Mapping[str, str], body: bytes, *, now_s: float
    ) -> PaymentEvent:
        """A push names a purchase at most: what became of it is asked, so that nobody can tell."""
        del now_s  # the token's times are checked by Google's library, against its own clock
        await self._tokens.check(headers.get("authorization"))
        message_id, notification = _read(body)
        if notification.package_name != self._package:
            raise UnreadableError(f"of another app: {notification.package_name}")
        if notification.one_time_product_notification is not None:
            return await self._one_time(message_id, notification.one_time_product_notification)
        if notification.test_notification is not None:
            return PaymentEvent(message_id, "test", "noted")
        if notification.voided_purchase_notification is not None:
            # It does not say why: the list that is read every few minutes does.
            return PaymentEvent(message_id, "voided_purchase", "noted")
        return PaymentEvent(message_id, "unknown", None)

    async def _one_time(self, message_id: str, told: _OneTimeProduct) -> PaymentEvent:
        type_ = f"one_time_product.{told.notification_type}"
        try:
            found = await self._api.find(told.sku, told.purchase_token)
        except TokenUnknownError as error:
            raise UnreadableError(f"{type_} of a purchase that Google does not know") from error
        if not self._is_paid_for(found):
            return PaymentEvent(message_id, f"{type_}.unpaid", None)
        payment = _payment(found, told.sku, told.purchase_token)
        return payment._replace(event_id=message_id, type=type_)

    def _is_paid_for(self, found: ProductPurchase) -> bool:
        return found.purchase_type is None or (
            self._takes_test_purchases and found.purchase_type == _TEST
        )

    @override
    async def run_errand(self, errand: Errand, product_id: str, usage: Usage) -> ErrandOutcome:
        """Consume a purchase, which acknowledges it too; asks first: a try may have worked."""
        assert errand.kind == "consume", errand.kind
        try:
            found = await self._api.find(product_id, errand.payment_id)
            if found.consumption_state == CONSUMED or found.purchase_state != PURCHASED:
                return "needless"
            await self._api.consume(product_id, errand.payment_id)
        except TokenUnknownError:
            return "refused"
        return "done"

    async def list_voided(
        self, start: datetime, end: datetime, page_token: str | None
    ) -> VoidedPage:
        """A page of what was taken back between two moments.

        Raises:
            ProviderUnavailableError: It did not answer, or not as agreed.
        """
        start_ms, end_ms = (int(each.timestamp() * 1_000) for each in (start, end))
        page = await self._api.list_voided(start_ms, end_ms, page_token)
        voided = tuple(Voided(_voided(bytes(raw)), bytes(raw)) for raw in page.voided_purchases)
        return VoidedPage(voided, page.token_pagination.next_page_token)

    @override
    async def close(self) -> None:
        """Let connections go."""
        await self._api.close()
        await self._http.aclose()


def _read(body: bytes) -> tuple[str, _Notification]:
    try:
        message = msgspec.json.decode(body, type=_Push).message
        data = b64decode(message.data, validate=True)
        return message.message_id, msgspec.json.decode(data, type=_Notification)
    except (*UNDECODABLE, ValueError) as error:
        raise UnreadableError(str(error)) from error


def _voided(body: bytes) -> PaymentEvent:
    """What an entry of the list says.

    A purchase is of one piece, so that however many pieces are said to be taken back it is all.
    """
    digest = hashlib.sha256(body).hexdigest()
    try:
        voided = msgspec.json.decode(body, type=VoidedPurchase)
    except UNDECODABLE as error:
        log.error("voided_purchase_unreadable", provider=GooglePlay.name, reason=str(error))
        return PaymentEvent(f"unreadable:{digest}", "unreadable", None)
    token = hashlib.sha256(voided.purchase_token.encode()).hexdigest()
    is_charged_back = voided.voided_reason == CHARGED_BACK
    return PaymentEvent(
        f"voided:{token}:{voided.voided_time_millis}:{voided.voided_reason}",
        f"voided_purchase.{voided.voided_reason}",
        "claimed",
        voided.purchase_token,
        claim=ChargedBack(token) if is_charged_back else RefundedShare(WHOLE, 0),
    )


def _payment(found: ProductPurchase, product_id: str, token: str) -> PaymentEvent:
    """What Google says of a payment; whoever reports it names the event."""
    return PaymentEvent(
        "",
        "purchase",
        _OUTCOMES.get(found.purchase_state),
        token,
        found.obfuscated_external_account_id,
        bundle_id=found.product_id or product_id,
        quantity=found.quantity,
    )
