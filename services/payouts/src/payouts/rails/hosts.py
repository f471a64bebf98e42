"""The rails that keep accounts, and those that tell by webhooks, that the environment tells of."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from payouts.domain.terms import HOSTED_BY_STRIPE
from payouts.rails.accounts import AccountHost
from payouts.rails.sender import Sender
from payouts.settings import StripeSettings


@asynccontextmanager
async def hosts_of(settings: StripeSettings) -> AsyncGenerator[Mapping[str, AccountHost]]:
    """Those that keep accounts, by name, closed at the end."""
    platform = settings.stripe
    if platform is None:
        yield {}
        return
    # Only where it is used: its library takes a while to load.
    from payouts.rails.stripe_accounts import StripeAccounts
    from payouts.rails.stripe_api import StripeApi

    api = StripeApi(api_key=platform.api_key.get_secret_value(), api_url=platform.api_url)
    host = StripeAccounts(api, return_url=platform.return_url, refresh_url=platform.refresh_url)
    try:
        yield {host.name: host}
    finally:
        await host.close()


def senders_of(settings: StripeSettings) -> Mapping[str, Sender]:
    """Those that tell by webhooks, by name."""
    platform = settings.stripe
    if platform is None:
        return {}
    from payouts.rails.stripe_webhooks import StripeSender

    return {HOSTED_BY_STRIPE: StripeSender(platform.webhook_secrets)}
