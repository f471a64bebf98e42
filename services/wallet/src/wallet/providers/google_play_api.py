"""The Google Play Developer API: what it knows of a purchase, and what it must be told.

https://developers.google.com/android-publisher/api-ref/rest
"""

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import quote

import httpx
import msgspec
import requests
import structlog
from google.auth import exceptions
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from chassis.webhooks.decoding import UNDECODABLE, Text128
from wallet.domain.lots import COINS_MAX
from wallet.domain.purchase import ProviderUnavailableError

API_URL: Final = "https://androidpublisher.googleapis.com"
SCOPE: Final = "https://www.googleapis.com/auth/androidpublisher"
TIMEOUT_S: Final = 5
_UNKNOWN: Final = frozenset({400, 404, 410})
"""What the API answers to a token that is not one of this app and product."""

PAGE_SIZE: Final = 1_000
CHARGED_BACK: Final = 7
"""The reason of a purchase that the buyer's bank took back."""

PURCHASED: Final = 0
CANCELED: Final = 1
PENDING: Final = 2
CONSUMED: Final = 1

log = structlog.get_logger()


class ProductPurchase(msgspec.Struct, frozen=True, rename="camel"):
    """A purchase of a one-time product; what Google leaves out is 0."""

    purchase_state: int = 0
    """0 purchased, 1 canceled, 2 pending."""
    consumption_state: int = 0
    """1: consumed."""
    purchase_type: int | None = None
    """Only of purchases that nobody paid for: 0 test, 1 promotion, 2 rewarded."""
    obfuscated_external_account_id: Text128 | None = None
    """The purchase's id, as we gave it to the app."""
    product_id: Text128 | None = None
    quantity: Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)] = 1


class VoidedPurchase(msgspec.Struct, frozen=True, rename="camel"):
    """A purchase that was canceled, refunded or charged back."""

    purchase_token: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
    voided_time_millis: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}\Z")]
    voided_reason: int = 0
    """7: charged back; for whatever other reason it was, the money was given back."""
    voided_source: int = 0
    """0 the buyer, 1 us, 2 Google."""
    voided_quantity: int | None = None
    """Of how many pieces, where not of all."""


class _Pagination(msgspec.Struct, frozen=True, rename="camel"):
    next_page_token: str | None = None


class VoidedPurchases(msgspec.Struct, frozen=True, rename="camel"):
    """A page of the list."""

    voided_purchases: tuple[msgspec.Raw, ...] = ()
    token_pagination: _Pagination = _Pagination()


class TokenUnknownError(Exception):
    """Google knows no such purchase of this product."""


class GooglePlayApi:
    """Asks about one app, as a service account."""

    def __init__(
        self,
        package: str,
        service_account_info: Mapping[str, Any],
        *,
        url: str = API_URL,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Args:
        package: The app's, such as `com.example.app`.
        service_account_info: The key file of a service account that may see and manage orders.
        url: Of the API.
        transport: Another way to it than the network.
        """
        self._package = package
        self._credentials = service_account.Credentials.from_service_account_info(
            service_account_info, scopes=[SCOPE]
        )
        self._tokens = requests.Session()
        self._tokens.trust_env = False
        self._lock = asyncio.Lock()
        self._http = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT_S, transport=transport, trust_env=False
        )

    async def find(self, product_id: str, token: str) -> ProductPurchase:
        """What Google knows of a purchase.

        Raises:
            TokenUnknownError: Nothing.
            ProviderUnavailableError: It did not answer, or not as agreed.
        """
        return _decode(await self._ask("GET", self._path(product_id, token)), ProductPurchase)

    async def consume(self, product_id: str, token: str) -> None:
        """Tell that the product was delivered; it can be bought again then.

        Raises:
            TokenUnknownError: There is no such purchase.
            ProviderUnavailableError: It did not answer.
        """
        await self._ask("POST", f"{self._path(product_id, token)}:consume")

    async def list_voided(
        self, start_ms: int, end_ms: int, page_token: str | None
    ) -> VoidedPurchases:
        """A page of the one-time purchases that were taken back in that time.

        Raises:
            ProviderUnavailableError: It did not answer, or not as agreed.
        """
        params = {
            "startTime": str(start_ms),
            "endTime": str(end_ms),
            "maxResults": str(PAGE_SIZE),
            "type": "0",
            "includeQuantityBasedPartialRefund": "true",
        }
        if page_token is not None:
            params["token"] = page_token
        try:
            response = await self._ask("GET", f"{self._app}/purchases/voidedpurchases", params)
        except TokenUnknownError as error:
            raise ProviderUnavailableError from error
        return _decode(response, VoidedPurchases)

    def _path(self, product_id: str, token: str) -> str:
        product, purchase = quote(product_id, safe=""), quote(token, safe="")
        return f"{self._app}/purchases/products/{product}/tokens/{purchase}"

    @property
    def _app(self) -> str:
        return f"/androidpublisher/v3/applications/{quote(self._package, safe='')}"

    async def _ask(
        self, method: str, path: str, params: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            headers = {"authorization": f"Bearer {await self._token()}"}
            response = await self._http.request(method, path, params=params, headers=headers)
            if response.status_code in _UNKNOWN:
                raise TokenUnknownError
            response.raise_for_status()
        except (httpx.HTTPError, exceptions.GoogleAuthError, requests.RequestException) as error:
            # The text of an error has the URL in it, and that the purchase's token.
            log.warning("provider_unavailable", provider="google_play", reason=type(error).__name__)
            raise ProviderUnavailableError from error
        return response

    async def _token(self) -> str:
        """Our token; a new one where it is about to expire. Google's library blocks: elsewhere."""
        async with self._lock:
            if not self._credentials.valid:
                await asyncio.to_thread(self._refresh)
        return str(self._credentials.token)

    def _refresh(self) -> None:
        self._credentials.refresh(partial(Request(self._tokens), timeout=TIMEOUT_S))

    async def close(self) -> None:
        """Let connections go."""
        self._tokens.close()
        await self._http.aclose()


def read_key_file(text: str) -> Mapping[str, Any]:
    """The key file of a service account.

    Raises:
        ValueError: It is none.
    """
    info = json.loads(text)
    if not isinstance(info, dict):
        raise ValueError("a key file is an object")
    return info


def _decode[T](response: httpx.Response, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(response.content, type=type_)
    except UNDECODABLE as error:
        log.warning("provider_unavailable", provider="google_play", reason=str(error))
        raise ProviderUnavailableError from error
