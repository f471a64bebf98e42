"""Who pushes: Google's Pub/Sub signs each delivery with a token of a service account of ours.

https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

import httpx
import msgspec
import structlog
from google.auth import exceptions, jwt

from chassis.webhooks import SignatureError
from chassis.webhooks.decoding import UNDECODABLE
from wallet.domain.purchase import ProviderUnavailableError

CERTIFICATES_URL: Final = "https://www.googleapis.com/oauth2/v1/certs"
ISSUERS: Final = frozenset({"accounts.google.com", "https://accounts.google.com"})
TIMEOUT_S: Final = 5.0
LEEWAY_S: Final = 10
"""How far Google's clock may differ from ours."""
KEPT_FOR_S: Final = 3_600.0
"""How long certificates are believed: one that Google has withdrawn is good no longer."""
REFRESH_PAUSE_S: Final = 10.0
"""Whatever is sent to us, Google is asked for certificates no more often."""
_TOKEN_CHARACTERS_MAX: Final = 8_000

log = structlog.get_logger()


class PushTokens:
    """Checks the tokens that come with pushes."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        audience: str,
        email: str,
        certificates_url: str = CERTIFICATES_URL,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args:
        http: To get Google's certificates.
        audience: What the subscription says that its tokens are for.
        email: The service account that it pushes as.
        certificates_url: Where Google's certificates are.
        now: Seconds, of any clock that does not jump.
        """
        self._http = http
        self._audience = audience
        self._email = email
        self._url = certificates_url
        self._now = now
        self._certificates: Mapping[str, str] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()

    async def check(self, authorization: str | None) -> None:
        """Make sure that a request comes from our subscription.

        Raises:
            SignatureError: It does not.
            ProviderUnavailableError: Google's certificates cannot be read.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= _TOKEN_CHARACTERS_MAX:
            raise SignatureError("the token is missing")
        try:
            kid = jwt.decode_header(token).get("kid")
        except (exceptions.GoogleAuthError, ValueError, RecursionError) as error:
            raise SignatureError(f"the token cannot be read: {type(error).__name__}") from error
        if not isinstance(kid, str):
            raise SignatureError("the token does not name its key")
        claims = self._decode(token, await self._certificates_for(kid))
        if claims.get("iss") not in ISSUERS:
            raise SignatureError("the token is not of Google's")
        if claims.get("email") != self._email or claims.get("email_verified") is not True:
            raise SignatureError("the token is of another account")

    def _decode(self, token: str, certificates: Mapping[str, str]) -> Mapping[str, object]:
        try:
            return jwt.decode(
                token,
                certs=certificates,
                audience=self._audience,
                clock_skew_in_seconds=LEEWAY_S,
            )
        except (exceptions.GoogleAuthError, ValueError, TypeError, KeyError) as error:
            raise SignatureError(f"the token proves nothing: {type(error).__name__}") from error

    async def _certificates_for(self, kid: str) -> Mapping[str, str]:
        async with self._lock:
            if self._is_old() or (kid not in self._certificates and self._may_ask()):
                await self._read()
        return self._certificates

    def _is_old(self) -> bool:
        return self._read_at is None or self._now() - self._read_at >= KEPT_FOR_S

    def _may_ask(self) -> bool:
        return self._tried_at is None or self._now() - self._tried_at >= REFRESH_PAUSE_S

    async def _read(self) -> None:
        if self._is_old() and not self._may_ask():
            raise ProviderUnavailableError
        self._tried_at = self._now()
        try:
            response = await self._http.get(self._url)
            response.raise_for_status()
            self._certificates = msgspec.json.decode(response.content, type=dict[str, str])
        except (httpx.HTTPError, *UNDECODABLE) as error:
            log.warning("push_certificates_unreadable", url=self._url, reason=repr(error))
            if self._is_old():
                raise ProviderUnavailableError from error
        else:
            self._read_at = self._now()
