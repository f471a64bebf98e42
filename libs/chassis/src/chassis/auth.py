"""Who is calling: verifies viewer tokens (JWT, EdDSA or ES256) against a JSON Web Key Set.

A signature check costs about 100 µs, so what a token proved is kept until it expires or keys
change, in a bounded cache. Keys come from a `file://` or `https://` address and are fetched off the
event loop.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx
import jwt
import msgspec
import structlog
from jwt.exceptions import PyJWTError
from jwt.types import Options

from chassis.settings import ViewerSettings

ALGORITHMS: Final = ("EdDSA", "ES256")
TOKEN_BYTES_MAX: Final = 8_192
JWKS_BYTES_MAX: Final = 1_048_576
JWKS_TIMEOUT_S: Final = 5.0
REFRESH_PAUSE_S: Final = 10.0
KEYS_AGE_MAX_S: Final = 300.0

_SUBJECT = re.compile(r"[A-Za-z0-9._:@-]{1,64}")
_CLAIMS: Final[Options] = {"require": ["sub", "exp", "iss", "aud"], "verify_exp": False}
"""Expiry is checked here and not by the library: a cached token needs the same check each time."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Viewer:
    """The caller, as the token tells; nothing about the caller is read from anywhere else."""

    sub: str
    """User id: 1 to 64 characters of `[A-Za-z0-9._:@-]`."""
    scopes: frozenset[str]
    region: str | None = None
    """ISO 3166-1 alpha-2, as the identity provider gave it."""
    age_verified: bool = False
    account_kind: str | None = None
    """None for an ordinary account; else what sets it apart, such as `government`."""
    supervised: bool = False
    """Somebody else, a guardian, has a say in what the caller spends."""
    wards: frozenset[str] = frozenset()
    """User ids of the supervised accounts whose guardian the caller is."""
    name: str | None = None
    """What the caller is called, as they like it: OpenID Connect's `name` or, where there is none,
    `preferred_username`. Not unique, any characters, proves nothing."""


class Proof(NamedTuple):
    """What a token proves, and for how long."""

    expires_at: float
    """Unix time in seconds, the leeway for the issuer's clock included."""
    viewer: Viewer


class TokenError(Exception):
    """The token proves nothing. `reason` is stable and safe to show the caller."""

    reason: str = "token_invalid"


class TokenInvalidError(TokenError):
    """Malformed, signed by an unknown key, or meant for another issuer or audience."""

    reason = "token_invalid"


class TokenExpiredError(TokenError):
    """Was valid once; the caller should get a new one and ask again."""

    reason = "token_expired"


class KeysUnavailableError(Exception):
    """The key set could not be read and no earlier one is known: an outage, not a bad token."""


class KeySet:
    """The issuer's public keys by key id.

    They are read again when a token names one that is not known, and from time to time: a key comes
    and goes without a restart. Reading is limited to one attempt each `REFRESH_PAUSE_S`, whatever
    callers send; where it fails, the keys at hand go on counting.
    """

    def __init__(
        self,
        url: str,
        *,
        age_max_s: float = KEYS_AGE_MAX_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args:
        url: `file:///path` or `https://…`; plain `http` only for this machine.
        age_max_s: After this time keys are read again: how long a key may go on counting that its
            issuer has taken away.
        now: Tells seconds.
        """
        check_jwks_url(url)
        self._url = url
        self._now = now
        self._age_max_s = age_max_s
        self._keys: dict[str, jwt.PyJWK] = {}
        self._document = b""
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()
        self.version = 0
        """Another number whenever the keys are others: what they proved counts no more."""

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """The key of that id, or None.

        Raises:
            KeysUnavailableError: No key set could be read so far.
        """
        known = self._keys.get(kid)
        if known is not None:
            return known
        async with self._lock:
            if kid not in self._keys and self._may_refresh():
                await self._refresh()
        if not self._keys:
            raise KeysUnavailableError(self._url)
        return self._keys.get(kid)

    async def keep_fresh(self) -> None:
        """Read the keys again if they were read long ago. Never raises."""
        # Whoever comes while they are read is answered by those at hand.
        if self._keys and self._is_old() and self._may_refresh():
            await self._refresh()

    def _is_old(self) -> bool:
        return self._read_at is None or self._now() - self._read_at >= self._age_max_s

    def _may_refresh(self) -> bool:
        pause_s = min(REFRESH_PAUSE_S, self._age_max_s)
        return self._tried_at is None or self._now() - self._tried_at >= pause_s

    async def _refresh(self) -> None:
        self._tried_at = self._now()
        try:
            document = await _read(self._url)
            if document != self._document:
                self._keys = parse_jwks(document)
                self._document = document
                self.version += 1
            self._read_at = self._now()
        except (OSError, ValueError, httpx.HTTPError, PyJWTError) as error:
            log.error("jwks_unreadable", url=self._url, error=str(error))


class TokenVerifier:
    """Turns a token into a `Viewer`. One per process; safe to share between requests."""

    def __init__(
        self,
        keys: KeySet,
        *,
        issuer: str,
        audience: str,
        leeway_s: float = 5.0,
        cached_tokens_max: int = 10_000,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`leeway_s`: how far the issuer's clock may differ. `now`: Unix time in seconds."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._leeway_s = leeway_s
        self._cached_tokens_max = cached_tokens_max
        self._now = now
        self._proved: dict[str, Proof] = {}
        self._proved_by = keys.version

    @classmethod
    def of(cls, settings: ViewerSettings) -> Self:
        """The verifier that a process's settings describe."""
        return cls(
            KeySet(settings.token_jwks_url, age_max_s=settings.token_keys_age_max_s),
            issuer=settings.token_issuer,
            audience=settings.token_audience,
        )

    async def verify(self, token: str) -> Viewer:
        """Check signature, issuer, audience and expiry.

        Raises:
            TokenExpiredError: Genuine, but too old.
            TokenInvalidError: Anything else that is wrong with it.
            KeysUnavailableError: The keys to judge it by cannot be read.
        """
        return (await self.prove(token)).viewer

    async def prove(self, token: str) -> Proof:
        """The same, with the moment at which the token stops proving it. Raises as `verify`."""
        await self._keys.keep_fresh()
        self._forget_what_other_keys_proved()
        proved = self._proved.get(token)
        if proved is None:
            proved = await self._prove(token)
        if self._now() > proved.expires_at:
            self._proved.pop(token, None)
            raise TokenExpiredError
        return proved

    async def _prove(self, token: str) -> Proof:
        key = await self._keys.find(_key_id(token))
        self._forget_what_other_keys_proved()
        if key is None:
            raise TokenInvalidError
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=self._leeway_s,
                options=_CLAIMS,
            )
        except PyJWTError as error:
            raise TokenInvalidError from error
        proved = Proof(_expiry(claims) + self._leeway_s, viewer_of(claims))
        if len(self._proved) >= self._cached_tokens_max:
            # First in, first out: the oldest entry is the nearest to its expiry in practice.
            del self._proved[next(iter(self._proved))]
        self._proved[token] = proved
        return proved

    def _forget_what_other_keys_proved(self) -> None:
        if self._proved_by != self._keys.version:
            self._proved.clear()
            self._proved_by = self._keys.version


def check_jwks_url(url: str) -> None:
    """Raise ValueError unless keys may be trusted to come unaltered from `url`."""
    parts = urlsplit(url)
    local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme not in {"file", "https"} and not (parts.scheme == "http" and local):
        raise ValueError(f"the key set must be at a file:// or https:// address, not {url!r}")


def parse_jwks(document: bytes) -> dict[str, jwt.PyJWK]:
    """Read the usable keys of a JSON Web Key Set; keys of other kinds are passed over.

    Raises:
        ValueError: Not a key set, or without a single usable key.
    """

    class Jwks(msgspec.Struct):
        keys: list[dict[str, object]]

    keys = {
        str(entry["kid"]): jwt.PyJWK(entry)
        for entry in msgspec.json.decode(document, type=Jwks).keys
        if "kid" in entry and (entry.get("kty"), entry.get("crv")) in _CURVES
    }
    if not keys:
        raise ValueError("the key set has no EdDSA or ES256 key with a key id")
    return keys


_CURVES: Final = {("OKP", "Ed25519"), ("EC", "P-256")}


def viewer_of(claims: Mapping[str, object]) -> Viewer:
    """Read the claims we use. Raises TokenInvalidError where one has the wrong form."""
    sub, scope = claims.get("sub"), claims.get("scope", "")
    region, kind = claims.get("region"), claims.get("account_kind")
    if not (isinstance(sub, str) and _SUBJECT.fullmatch(sub) and isinstance(scope, str)):
        raise TokenInvalidError
    if not (region is None or isinstance(region, str)):
        raise TokenInvalidError
    if not (kind is None or isinstance(kind, str)):
        raise TokenInvalidError
    return Viewer(
        sub=sub,
        scopes=frozenset(scope.split()),
        region=region,
        age_verified=claims.get("age_verified") is True,
        account_kind=kind,
        # Whoever says it in a form that is not ours is supervised: the cautious reading.
        supervised=claims.get("supervised", False) is not False,
        wards=_wards(claims.get("wards", [])),
        name=_name(claims.get("name")) or _name(claims.get("preferred_username")),
    )


def _name(claim: object) -> str | None:
    # For show alone: one of another form is none, and no reason to turn its owner away.
    return claim if isinstance(claim, str) and claim.strip() else None


def _wards(claim: object) -> frozenset[str]:
    try:
        wards = msgspec.convert(claim, list[str])
    except msgspec.ValidationError as error:
        raise TokenInvalidError from error
    if not all(_SUBJECT.fullmatch(ward) for ward in wards):
        raise TokenInvalidError
    return frozenset(wards)


def _key_id(token: str) -> str:
    if len(token) > TOKEN_BYTES_MAX:
        raise TokenInvalidError
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except PyJWTError as error:
        raise TokenInvalidError from error
    if not isinstance(kid, str):
        raise TokenInvalidError
    return kid


def _expiry(claims: Mapping[str, object]) -> float:
    expires_at = claims["exp"]
    if not isinstance(expires_at, int | float) or isinstance(expires_at, bool):
        raise TokenInvalidError
    return float(expires_at)


async def _read(url: str) -> bytes:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return await asyncio.to_thread(Path(url2pathname(parts.path)).read_bytes)
    async with httpx.AsyncClient(timeout=JWKS_TIMEOUT_S) as client:
        response = await client.get(url)
        response.raise_for_status()
        if len(response.content) > JWKS_BYTES_MAX:
            raise ValueError(f"the key set is larger than {JWKS_BYTES_MAX} bytes")
        return response.content
