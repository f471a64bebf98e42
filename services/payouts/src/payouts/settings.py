"""What the payouts service is told by its environment."""

from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from chassis.settings import (
    KafkaSettings,
    ServiceApiSettings,
    ServiceSettings,
    ServiceWorkerSettings,
    require_all,
    require_secrets,
    split_secrets,
    text_of,
)
from payouts.keys import read_keys
from payouts.links import Links
from payouts.sealing import Sealer


def _require_keys(value: SecretStr) -> SecretStr:
    read_keys(value.get_secret_value())
    return value


Keys = Annotated[SecretStr, AfterValidator(_require_keys)]
"""Keys in base64, separated by commas."""


class StripePlatform(NamedTuple):
    """What it takes to pay through Stripe Connect."""

    api_key: SecretStr
    webhook_secrets: tuple[str, ...]
    return_url: str
    refresh_url: str
    api_url: str | None


class Settings(ServiceSettings):
    """Of every command: `database_dsn` is PAYOUTS_DATABASE_DSN, and so on."""

    model_config = SettingsConfigDict(env_prefix="PAYOUTS_", frozen=True, extra="ignore")
    service: ClassVar[str] = "payouts"


class SealSettings(Settings):
    """Of whoever opens bank details."""

    details_keys: Keys
    """What bank details are sealed with: 32 bytes in base64. Several, separated by commas, while
    keys are replaced: the first seals, all open. One that is taken away too early makes what it
    sealed unreadable for good."""

    @property
    def sealer(self) -> Sealer:
        """Seals and opens bank details."""
        return Sealer.of(self.details_keys.get_secret_value())


class StripeSettings(SealSettings):
    """Of whoever has dealings with Stripe Connect."""

    stripe_api_key: SecretStr | None = None
    """Of the Stripe platform that pays creators; without it Stripe Connect is not offered. A
    restricted key will do if it may write connected accounts, account links, transfers and
    payouts."""
    stripe_webhook_secret: SecretStr | None = None
    """Of the endpoints at Stripe that point to /webhooks/stripe_connect: one for the platform and
    one for connected accounts, separated by a comma; more while they are rotated."""
    stripe_return_url: str | None = None
    """The front end's page for creators who come back from Stripe's pages."""
    stripe_refresh_url: str | None = None
    """The front end's page for those whose link had expired: it asks for another."""
    stripe_api_url: str | None = None
    """Another API than Stripe's own, without a trailing slash: of stripe-mock, in tests."""

    @field_validator("stripe_webhook_secret")
    @classmethod
    def _require_secrets(cls, value: SecretStr | None) -> SecretStr | None:
        return require_secrets(value)

    @model_validator(mode="after")
    def _require_all_of_stripe(self) -> Self:
        require_all(
            "Stripe Connect",
            {
                "stripe_api_key": text_of(self.stripe_api_key),
                "stripe_webhook_secret": self.stripe_webhook_secret,
                "stripe_return_url": self.stripe_return_url,
                "stripe_refresh_url": self.stripe_refresh_url,
            },
        )
        return self

    @property
    def stripe(self) -> StripePlatform | None:
        """The platform to pay through; None where Stripe Connect is not offered."""
        if (
            self.stripe_api_key is None
            or self.stripe_webhook_secret is None
            or self.stripe_return_url is None
            or self.stripe_refresh_url is None
        ):
            return None
        return StripePlatform(
            self.stripe_api_key,
            split_secrets(self.stripe_webhook_secret),
            self.stripe_return_url,
            self.stripe_refresh_url,
            self.stripe_api_url,
        )


class ApiSettings(ServiceApiSettings, StripeSettings):
    """Of the api."""

    public_url: str
    """Where clients reach this service's downloads, without a trailing slash."""
    link_keys: Keys
    """What links to downloads are signed with, in the form of `details_keys`: the first signs, all
    are accepted. An old one may go as soon as the links that it signed have expired."""
    link_lifetime_s: float = Field(default=900.0, gt=0)
    """How long a link works."""

    @property
    def links(self) -> Links:
        """Makes and reads links to downloads."""
        return Links.of(
            self.link_keys.get_secret_value(),
            public_url=self.public_url,
            lifetime_s=self.link_lifetime_s,
        )


class WorkerSettings(ServiceWorkerSettings, StripeSettings):
    """Of the worker, which pays."""

    sandbox_bank_url: str
    """Where the sandbox bank's API is, without a trailing slash."""
    sandbox_bank_api_key: SecretStr
    payout_run_every_s: float = Field(default=1.0, gt=0)
    """How long a worker waits between two looks at what is to be sent and what has arrived."""
    reconcile_every_s: float = Field(default=3600.0, gt=0)
    """How long a worker waits between two comparisons of our books with those of rails."""

    statement_mark_every_s: float = Field(default=60.0, gt=0)
    """How long a worker waits between two marks of what is known: how exactly a statement can say
    as of when it is."""
    statement_lag_s: float = Field(default=600.0, ge=0)
    """How long after its end a month is closed. What comes even later is an adjustment in the next
    statement."""


class RecoverSettings(KafkaSettings, Settings):
    """Of `recover`, which reads what topics tell."""
