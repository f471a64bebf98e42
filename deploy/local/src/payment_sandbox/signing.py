"""Signs events the way Stripe does: `Largesse-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256>`.

What is signed is the time and the raw body, so that neither can be exchanged. The merchant's own
check is its own code; `is_genuine` is for tests and for people who try things out.
"""

import hashlib
import hmac
import re
from typing import Final

HEADER: Final = "Largesse-Signature"

_SHAPE: Final = re.compile(r"t=(?P<at>[0-9]{1,12}),v1=(?P<digest>[0-9a-f]{64})")


def sign(secret: str, body: bytes, at: int) -> str:
    """Give the header's value for `body`, signed at `at` (Unix seconds)."""
    return f"t={at},v1={_digest(secret, body, at)}"


def is_genuine(secret: str, body: bytes, header: str, *, now: float, tolerance_s: float) -> bool:
    """Whether `header` signs `body` with `secret`, not longer ago or ahead than the tolerance."""
    match = _SHAPE.fullmatch(header)
    if match is None:
        return False
    at = int(match["at"])
    return abs(now - at) <= tolerance_s and hmac.compare_digest(
        match["digest"], _digest(secret, body, at)
    )


def _digest(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), b"%d.%b" % (at, body), hashlib.sha256).hexdigest()
