"""Creators' accounts at Stripe: Express accounts, whose owners Stripe itself verifies."""

from typing import TYPE_CHECKING, Final, override
from uuid import UUID

from payouts.domain.hosted_account import AccountStatus
from payouts.domain.terms import HOSTED_BY_STRIPE
from payouts.rails.accounts import AccountHost, Onboarding
from payouts.rails.rail import OrderRefusedError
from payouts.rails.stripe_api import StripeApi

if TYPE_CHECKING:
    from stripe.params import AccountCreateParams

NAME: Final = HOSTED_BY_STRIPE
REVIEWER: Final = "stripe"


class StripeAccounts(AccountHost):
    """Opens them and asks how they stand."""

    name = NAME
    reviewer = REVIEWER

    def __init__(self, api: StripeApi, *, return_url: str, refresh_url: str) -> None:
        """Args:
        api: Of the platform; closed with this.
        return_url: The front end's page for creators who come back from Stripe.
        refresh_url: Its page for those whose link did not work any more.
        """
        self._api = api
        self._return_url = return_url
        self._refresh_url = refresh_url

    @override
    async def open_account(self, method_id: UUID, *, country: str, currency: str) -> str:
        """Nothing is told of the creator: Stripe asks them itself."""
        asked: AccountCreateParams = {
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "country": country,
            "default_currency": currency.lower(),
            "capabilities": {"transfers": {"requested": True}},
            # Money goes on to a bank when we say so, each time under the key of a payout.
            "settings": {"payouts": {"schedule": {"interval": "manual"}}},
            "metadata": {"method_id": str(method_id)},
        }
        account = await self._api.create_account(asked, idempotency_key=f"account-{method_id}")
        return account.id

    @override
    async def onboarding(self, account_id: str) -> Onboarding:
        """Stripe's own pages."""
        url, expires_at = await self._api.account_link(
            account_id, return_url=self._return_url, refresh_url=self._refresh_url
        )
        return Onboarding(url, expires_at)

    @override
    async def status(self, account_id: str) -> AccountStatus:
        """As Stripe knows it at this moment; one that is gone pays nothing out."""
        try:
            return await account_status(self._api, account_id)
        except OrderRefusedError:
            return AccountStatus(
                pays_out=False, is_complete=False, disabled_reason="account_gone", currency=None
            )

    @override
    async def close(self) -> None:
        """Let connections go."""
        await self._api.close()


async def account_status(api: StripeApi, account_id: str) -> AccountStatus:
    """How an account stands.

    Raises:
        RailUnavailableError: Stripe did not say.
        OrderRefusedError: It knows no such account.
    """
    account = await api.account(account_id)
    due = account.requirements.currently_due if account.requirements else None
    takes_transfers = (
        account.capabilities is not None and account.capabilities.transfers == "active"
    )
    return AccountStatus(
        pays_out=account.payouts_enabled and takes_transfers,
        is_complete=not due,
        disabled_reason=account.requirements.disabled_reason if account.requirements else None,
        currency=account.default_currency.upper() if account.default_currency else None,
    )
