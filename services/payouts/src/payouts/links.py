"""Links to statements that work without a token, for a while: whoever has one may read that one.

A link holds what it is to, and until when, in clear, and a signature over both (HMAC-SHA-256) and
over the form of the document: none opens another. Nothing of it names a file or is looked up before
the signature is right.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

import msgspec

from payouts.keys import read_keys

PARAMETER: Final = "link"
_CHARS_MAX: Final = 1_000
_SIGNATURE_BYTES: Final = 32


class Form(StrEnum):
    """Of a document."""

    CSV = "csv"
    PDF = "pdf"

    @property
    def path(self) -> str:
        """Where documents of this form are."""
        return f"/statements/{self}"


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

    def make(
        self, form: Form, creator_id: str, period: str, known_at: datetime, *, now: datetime
    ) -> str:
        """A link to a statement in one form, good from now on for a while."""
        target = Target(creator_id, period, known_at, now + self._lifetime)
        text = msgspec.json.encode(target)
        signed = base64.urlsafe_b64encode(_signature(self._keys[0], form, text) + text)
        return f"{self._public_url}{form.path}?{PARAMETER}={signed.rstrip(b'=').decode()}"

    def read(self, form: Form, text: str, *, now: datetime) -> Target:
        """What a link to a document of one form is to.

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
        matches = [
            hmac.compare_digest(signature, _signature(key, form, signed)) for key in self._keys
        ]
        if not any(matches):
            raise LinkInvalidError
        target = msgspec.json.decode(signed, type=Target)
        if now >= target.expires_at:
            raise LinkExpiredError
        return target


def _signature(key: bytes, form: Form, text: bytes) -> bytes:
    return hmac.digest(key, f"payouts.statement-{form}.1:".encode() + text, hashlib.sha256)
