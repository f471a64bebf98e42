"""Google Play: purchase tokens, real-time notifications by Pub/Sub, and what Play must be told.

https://developer.android.com/google/play/billing/rtdn-reference
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Annotated, Final, Literal, override

import httpx
import msgspec

from wallet.domain.errands import Errand, ErrandOutcome, Usage
from wallet.domain.purchase import PaymentEvent, Purchase, ReceiptInvalidError
from wallet.providers.decoding import UNDECODABLE, Text128
from wallet.providers.google_play_api import (
    CANCELED,
    CONSUMED,
    PENDING,
    PURCHASED,
    GooglePlayApi,
    ProductPurchase,
    TokenUnknownError,
)
from wallet.providers.google_push import PushTokens
from wallet.providers.provider import UnreadableError
from wallet.providers.store import Store

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
    test_notification: dict[str, object] | None = None


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
