"""Links to statements that work without a token, for a while: whoever has one may read that one.

A link holds what it is to, and until when, in clear, and a signature over both (HMAC-SHA-256).
Nothing of it names a file or is looked up before the signature is right.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Self

import msgspec

from payouts.keys import read_keys

PATH: Final = "/statements/csv"
PARAMETER: Final = "link"
_CHARS_MAX: Final = 1_000
_DOMAIN: Final = b"payouts.statement-link.1:"
_SIGNATURE_BYTES: Final = 32


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a link is to."""

    creator_id: str
    period: str
    known_at: datetime
    expires_at: datetime


class LinkInvalidError(Exception):
    """We did not make it, or not with a key that is still in use."""


class LinkExpiredError(Exception):
    """It worked once."""


class Links:
    """Signs with the newest key and accepts any, so that keys can be replaced."""

    def __init__(self, keys: Sequence[bytes], *, public_url: str, lifetime: timedelta) -> None:
        """`keys`: newest first. `public_url`: of this service as clients reach it."""
        assert keys
        self._keys = keys
        self._public_url = public_url
        self._lifetime = lifetime

    @classmethod
    def of(cls, keys: str, *, public_url: str, lifetime_s: float) -> Self:
        """From the settings.

        Raises:
            ValueError: The keys cannot be read.
        """
        lifetime = timedelta(seconds=lifetime_s)
        return cls(read_keys(keys), public_url=public_url, lifetime=lifetime)

    def make(self, creator_id: str, period: str, known_at: datetime, *, now: datetime) -> str:
        """A link to a statement, good from now on for a while."""
        target = Target(creator_id, period, known_at, now + self._lifetime)
        text = msgspec.json.encode(target)
        signed = base64.urlsafe_b64encode(_signature(self._keys[0], text) + text)
        return f"{self._public_url}{PATH}?{PARAMETER}={signed.rstrip(b'=').decode()}"

    def read(self, text: str, *, now: datetime) -> Target:
        """What a link is to.

        Raises:
            LinkInvalidError: Nobody may read anything by it.
            LinkExpiredError: Not any more.
        """
        if len(text) > _CHARS_MAX:
            raise LinkInvalidError
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise LinkInvalidError from error
        signature, signed = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        matches = [hmac.compare_digest(signature, _signature(key, signed)) for key in self._keys]
        if not any(matches):
            raise LinkInvalidError
        target = msgspec.json.decode(signed, type=Target)
        if now >= target.expires_at:
            raise LinkExpiredError
        return target


def _signature(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, _DOMAIN + text, hashlib.sha256)
