"""The App Store: signed transactions, notifications and the Server API, by Apple's library."""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple, override

import httpx
import msgspec
import structlog
from appstoreserverlibrary.api_client import APIException, AsyncAppStoreServerAPIClient
from appstoreserverlibrary.models.ConsumptionRequest import ConsumptionRequest
from appstoreserverlibrary.models.DeliveryStatus import DeliveryStatus
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.signed_data_verifier import (
    SignedDataVerifier,
    VerificationException,
    VerificationStatus,
)

from chassis.webhooks import SignatureError, StaleError, UnreadableError
from chassis.webhooks.decoding import UNDECODABLE
from chassis.webhooks.signature import TOLERANCE_S
from wallet.domain.errands import Errand, ErrandOutcome, Usage
from wallet.domain.purchase import (
    PaymentEvent,
    ProviderUnavailableError,
    Purchase,
    ReceiptInvalidError,
)
from wallet.providers.app_store_payloads import (
    ABOUT_PAYMENTS,
    Notification,
    Transaction,
    event_of,
    payload_of,
    payment_of,
)
from wallet.providers.store import Store

TIMEOUT_S: Final = 10.0
RECEIPT_CHARACTERS_MAX: Final = 20_000
_TRY_AGAIN: Final = frozenset({401, 403, 408, 425, 429})
"""Answers of the Server API that a later try may change; as those of its own failing do."""

log = structlog.get_logger()


class AppStoreApp(NamedTuple):
    """An app, and our keys to what the App Store knows of it."""

    name: str
    """Its bundle identifier, such as `com.example.app`."""
    app_id: int | None
    """Its number in the App Store; needed in production."""
    environment: Environment
    root_certificates: tuple[bytes, ...]
    """What Apple's chains of certificates must end in, as DER."""
    issuer_id: str
    key_id: str
    private_key: bytes
    """PEM, of App Store Connect's in-app purchase keys."""
    checks_revocation: bool
    """Whether Apple is asked if it has revoked one of its certificates."""


class _Body(msgspec.Struct, frozen=True):
    signed_payload: str = msgspec.field(name="signedPayload")


class _ServerApi(AsyncAppStoreServerAPIClient):
    """Apple's client at another address, and with our limits."""

    def __init__(
        self, app: AppStoreApp, url: str | None, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        super().__init__(app.private_key, app.key_id, app.issuer_id, app.name, app.environment)
        if url is not None:
            self._base_url = url
        self.http_client = httpx.AsyncClient(
            timeout=TIMEOUT_S, transport=transport, trust_env=False
        )

    @override
    async def _execute_request(
        self, method: str, url: str, params: object, headers: object, json: object, data: object
    ) -> httpx.Response:
        """The library's own waits three times as long as our callers do."""
        return await self.http_client.request(method, url, headers=headers, json=json)  # pyright: ignore[reportArgumentType]


class AppStore(Store):
    """Sells in one app."""

    name = "app_store"

    def __init__(
        self,
        app: AppStoreApp,
        *,
        api_url: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Args:
        app: What is sold in.
        api_url: Of another Server API than Apple's own.
        transport: Another way to it than the network.
        """
        assert app.root_certificates, "without a root anybody could sign"
        self._verifier = SignedDataVerifier(
            list(app.root_certificates),
            app.checks_revocation,
            app.environment,
            app.name,
            app.app_id,
        )
        self._api = _ServerApi(app, api_url, transport)

    @override
    async def verify_receipt(self, purchase: Purchase, receipt: str) -> PaymentEvent:
        """A receipt is a transaction that Apple has signed (JWS)."""
        if len(receipt) > RECEIPT_CHARACTERS_MAX:
            raise ReceiptInvalidError("too long for a signed transaction")
        try:
            return payment_of(await self._transaction(receipt))
        except (SignatureError, UnreadableError) as error:
            raise ReceiptInvalidError(str(error)) from error

    @override
    async def receive(
        self, headers: Mapping[str, str], body: bytes, *, now_s: float
    ) -> PaymentEvent:
        """The signature is over the payload, and the only thing that is looked at before.

        Apple sends again what we did not take, days later, as it was signed first: old ones are
        taken, each once.
        """
        try:
            signed = msgspec.json.decode(body, type=_Body).signed_payload
        except UNDECODABLE as error:
            raise SignatureError("there is no signedPayload") from error
        notification = await self._notification(signed)
        if notification.signed_date / 1_000 > now_s + TOLERANCE_S:
            raise StaleError("signed in the future")
        transaction = None
        if notification.notification_type in ABOUT_PAYMENTS:
            data = notification.data
            if data is None or data.signed_transaction_info is None:
                raise UnreadableError(f"a {notification.notification_type} of no transaction")
            try:
                transaction = await self._transaction(data.signed_transaction_info)
            except SignatureError as error:
                raise UnreadableError(f"its transaction: {error}") from error
        return event_of(notification, transaction)

    async def _notification(self, signed: str) -> Notification:
        await self._verify(self._verifier.verify_and_decode_notification, signed)
        return _read(signed, Notification)

    async def _transaction(self, signed: str) -> Transaction:
        await self._verify(self._verifier.verify_and_decode_signed_transaction, signed)
        return _read(signed, Transaction)

    async def _verify(self, verify: object, signed: str) -> None:
        """Let the library check a JWS, off the event loop: it may ask Apple about certificates.

        Raises:
            SignatureError: Not signed by Apple for this app in this environment.
            UnreadableError: Signed by Apple, and of a form that the library does not know.
            ProviderUnavailableError: Whether certificates were revoked cannot be found out.
        """
        assert callable(verify)
        try:
            await asyncio.to_thread(verify, signed)
        except VerificationException as error:
            if error.status == VerificationStatus.RETRYABLE_VERIFICATION_FAILURE:
                log.warning("provider_unavailable", provider=self.name, reason=str(error))
                raise ProviderUnavailableError from error
            raise SignatureError(str(error)) from error
        # What the library makes of a payload once it has checked the signature: a group of what
        # did not fit, or whatever its enumerations make of values that they cannot compare.
        except (ExceptionGroup, ValueError, TypeError, AttributeError) as error:
            raise UnreadableError(repr(error)) from error

    @override
    async def run_errand(self, errand: Errand, product_id: str, usage: Usage) -> ErrandOutcome:
        """Tell how far the coins were used, where the buyer agrees."""
        assert errand.kind == "tell_usage", errand.kind
        if not usage.consents:
            return "withheld"
        told = ConsumptionRequest(
            customerConsented=True,
            sampleContentProvided=False,
            deliveryStatus=DeliveryStatus.DELIVERED
            if usage.coins
            else DeliveryStatus.UNDELIVERED_OTHER,
            consumptionPercentage=usage.spent_milli_percent,
        )
        try:
            await self._api.send_consumption_information(errand.payment_id, told)
        except APIException as error:
            status = error.http_status_code
            log.warning(
                "store_refused_errand", provider=self.name, status=status, code=error.raw_api_error
            )
            if status >= 500 or status in _TRY_AGAIN:
                raise ProviderUnavailableError from error
            return "refused"
        except httpx.HTTPError as error:
            log.warning("provider_unavailable", provider=self.name, reason=repr(error))
            raise ProviderUnavailableError from error
        return "done"

    @override
    async def close(self) -> None:
        """Let connections go."""
        await self._api.async_close()


def _read[T](signed: str, type_: type[T]) -> T:
    try:
        return payload_of(signed, type_)
    except (*UNDECODABLE, ValueError) as error:
        raise UnreadableError(str(error)) from error
