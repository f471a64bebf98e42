"""Who sent a webhook in Stripe's name."""

from collections.abc import Mapping, Sequence

import stripe

from chassis.webhooks.errors import SignatureError
from chassis.webhooks.signature import check_time, parse_signature


def check_delivery(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, now_s: float
) -> None:
    """Make sure that Stripe signed these very bytes not long ago (`Stripe-Signature`).

    The library checks the signature. The time is checked here, by the clock that is given: the
    library would look at its own and let in what comes from the future.

    Args:
        headers: Of the request; names in lower case.
        body: As received.
        secrets: What it may be signed with: of several endpoints, or while one is rotated.
        now_s: Unix time.

    Raises:
        SignatureError: Not signed by Stripe.
        StaleError: Signed too long ago, or ahead of time.
    """
    header = headers.get("stripe-signature")
    signed = parse_signature(header)
    # Every secret is tried: how long it takes says nothing of which one fits.
    matches = [_is_signed(header, body, secret) for secret in secrets]
    if not any(matches):
        raise SignatureError("the signature does not fit the body")
    check_time(signed, now_s=now_s)


def _is_signed(header: str | None, body: bytes, secret: str) -> bool:
    if header is None or not header.isascii():
        return False  # the library cannot compare other text
    try:
        return stripe.WebhookSignature.verify_header(  # pyright: ignore[reportUnknownMemberType]
            body, header, secret
        )
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
