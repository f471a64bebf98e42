"""What the wallet is told by its environment."""

from typing import ClassVar, NamedTuple, Self

from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from chassis.settings import (
    ServiceApiSettings,
    ServiceSettings,
    ServiceWorkerSettings,
    require_all,
    require_secrets,
    split_secrets,
    text_of,
)
from wallet.store_settings import StoreSettings


class StripeAccount(NamedTuple):
    """What it takes to sell through Stripe."""

    api_key: SecretStr
    webhook_secrets: tuple[str, ...]
    success_url: str
    cancel_url: str
    api_url: str | None


class Settings(ServiceSettings):
    """Of every command: `database_dsn` is WALLET_DATABASE_DSN, and so on."""

    model_config = SettingsConfigDict(env_prefix="WALLET_", frozen=True, extra="ignore")
    service: ClassVar[str] = "wallet"


class ApiSettings(ServiceApiSettings, StoreSettings, Settings):
    """Of the api, which sells."""

    sandbox_url: str
    """Where the sandbox payment provider's API is, without a trailing slash."""
    sandbox_api_key: SecretStr
    sandbox_webhook_secret: SecretStr
    """What the provider signs its webhooks with; two, separated by a comma, while it is rotated."""

    stripe_api_key: SecretStr | None = None
    """Of the Stripe account that sells; without it Stripe is not offered. A restricted key will do
    if it may write Checkout Sessions."""
    stripe_webhook_secret: SecretStr | None = None
    """Of the endpoint at Stripe that points to /webhooks/stripe; two, separated by a comma, while
    it is rotated."""
    stripe_success_url: str | None = None
    """The front end's page for buyers who come back from Stripe after paying. The coins arrive by
    the webhook, not by this page."""
    stripe_cancel_url: str | None = None
    """The front end's page for buyers who come back without having paid."""
    stripe_api_url: str | None = None
    """Another API than Stripe's own, without a trailing slash: of stripe-mock, in tests."""

    @field_validator("sandbox_webhook_secret", "stripe_webhook_secret")
    @classmethod
    def _require_secrets(cls, value: SecretStr | None) -> SecretStr | None:
        return require_secrets(value)

    @model_validator(mode="after")
    def _require_all_of_stripe(self) -> Self:
        require_all(
            "Stripe",
            {
                "stripe_api_key": text_of(self.stripe_api_key),
                "stripe_webhook_secret": self.stripe_webhook_secret,
                "stripe_success_url": self.stripe_success_url,
                "stripe_cancel_url": self.stripe_cancel_url,
            },
        )
        return self

    @property
    def sandbox_webhook_secrets(self) -> tuple[str, ...]:
        """Each secret that a webhook may be signed with."""
        return split_secrets(self.sandbox_webhook_secret)

    @property
    def stripe(self) -> StripeAccount | None:
        """The account to sell through; None where Stripe is not offered."""
        if (
            self.stripe_api_key is None
            or self.stripe_webhook_secret is None
            or self.stripe_success_url is None
            or self.stripe_cancel_url is None
        ):
            return None
        return StripeAccount(
            self.stripe_api_key,
            split_secrets(self.stripe_webhook_secret),
            self.stripe_success_url,
            self.stripe_cancel_url,
            self.stripe_api_url,
        )


class WorkerSettings(ServiceWorkerSettings, StoreSettings, Settings):
    """Of the worker, which has dealings with app stores but with no other provider."""
