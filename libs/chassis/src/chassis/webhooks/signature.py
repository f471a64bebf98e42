"""`Largesse-Signature: t=<Unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, the scheme of Stripe.

Time and raw body are signed together, so neither can be exchanged. Several `v1` may be given, and
several secrets accepted, while a secret is rotated. https://docs.stripe.com/webhooks#verify-manually
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from chassis.webhooks.errors import SignatureError, StaleError

TOLERANCE_S: Final = 300
"""How far the time of signing may lie from now, as in Stripe's own libraries."""
_SIGNATURES_MAX: Final = 8
_TIME: Final = re.compile(r"[0-9]{1,12}")


class Signed(NamedTuple):
    """What such a header says: when, and one signature or more."""

    at_s: str
    signatures: tuple[str, ...]


def parse_signature(header: str | None) -> Signed:
    """Take a header apart.

    Raises:
        SignatureError: No header, or a malformed one.
    """
    if header is None:
        raise SignatureError("the signature is missing")
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = tuple(value for name, _, value in parts if name == "v1")
    if len(times) != 1 or not _TIME.fullmatch(times[0]) or not 0 < len(given) <= _SIGNATURES_MAX:
        raise SignatureError("the signature must have the form t=<Unix seconds>,v1=<hex>")
    return Signed(times[0], given)


def check_time(signed: Signed, *, now_s: float) -> None:
    """Make sure that it was signed not long ago. Only of use where the signature is right.

    Raises:
        StaleError: Signed too long ago, or in the future.
    """
    if abs(now_s - int(signed.at_s)) > TOLERANCE_S:
        raise StaleError(f"signed more than {TOLERANCE_S} s from now: send it again, signed anew")


def check_signature(
    header: str | None, body: bytes, secrets: Sequence[bytes], *, now_s: float
) -> None:
    """Make sure that the holder of a secret signed these very bytes, not long ago.

    Raises:
        SignatureError: No header, a malformed one, or none of its signatures is right.
        StaleError: A right one, from too long ago or from the future.
    """
    signed = parse_signature(header)
    text = signed.at_s.encode() + b"." + body
    expected = [hmac.new(secret, text, hashlib.sha256).hexdigest() for secret in secrets]
    # Every pair is compared, each in constant time: how long it takes says nothing of a secret.
    matches = [
        hmac.compare_digest(value.encode(), digest.encode())
        for value in signed.signatures
        for digest in expected
    ]
    if not any(matches):
        raise SignatureError("the signature does not fit the body")
    check_time(signed, now_s=now_s)
