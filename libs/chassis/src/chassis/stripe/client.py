"""The official library, with the limits that everybody here needs."""

from typing import Final

import stripe

TIMEOUT_S: Final = 5.0
"""Of one request."""
RETRIES: Final = 2
"""After a broken connection, a conflict or an outage; under the same idempotency key."""
ANSWER_WITHIN_S: Final = 8.0
"""With all retries. The gateway waits 10 s for us."""


def http_client() -> stripe.HTTPClient:
    """The way to Stripe by the network; close it at the end."""
    return stripe.HTTPXClient(timeout=TIMEOUT_S)


def client_of(
    api_key: str, http: stripe.HTTPClient, *, api_url: str | None = None
) -> stripe.StripeClient:
    """Talks to an account.

    Args:
        api_key: Of the account.
        http: The way to it.
        api_url: Of another API than Stripe's own.
    """
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": api_url} if api_url else {},
        http_client=http,
        max_network_retries=RETRIES,
    )


def facts_of(error: BaseException) -> dict[str, object]:
    """What may be logged of a failure: never its text, which can quote what we sent."""
    facts: dict[str, object] = {"reason": type(error.__cause__ or error).__name__}
    if isinstance(error, stripe.StripeError):
        facts |= {
            "status": error.http_status,
            "code": error.code,
            "request_id": error.request_id,
        }
    return facts
