"""What the payouts service is told by its environment."""

from typing import ClassVar

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from payouts.keys import read_keys
from payouts.links import Links
from payouts.sealing import Sealer


class Settings(ServiceSettings):
    """Read once, in `__main__`, from variables with the prefix PAYOUTS_."""

    model_config = SettingsConfigDict(env_prefix="PAYOUTS_", frozen=True, extra="ignore")
    service: ClassVar[str] = "payouts"

    details_keys: SecretStr
    """What bank details are sealed with: 32 bytes in base64. Several, separated by commas, while
    keys are replaced: the first seals, all open. One that is taken away too early makes what it
    sealed unreadable for good."""

    sandbox_bank_url: str
    """Where the sandbox bank's API is, without a trailing slash."""
    sandbox_bank_api_key: SecretStr
    payout_run_every_s: float = Field(default=1.0, gt=0)
    """How long a worker waits between two looks at what is to be sent and what has arrived."""
    reconcile_every_s: float = Field(default=3600.0, gt=0)
    """How long a worker waits between two comparisons of our books with those of rails."""

    public_url: str
    """Where clients reach this service's downloads, without a trailing slash."""
    link_keys: SecretStr
    """What links to downloads are signed with, in the form of `details_keys`: the first signs, all
    are accepted. An old one may go as soon as the links that it signed have expired."""
    link_lifetime_s: float = Field(default=900.0, gt=0)
    """How long a link works."""
    statement_mark_every_s: float = Field(default=60.0, gt=0)
    """How long a worker waits between two marks of what is known: how exactly a statement can say
    as of when it is."""
    statement_lag_s: float = Field(default=600.0, ge=0)
    """How long after its end a month is closed. What comes even later is an adjustment in the next
    statement."""

    @field_validator("details_keys", "link_keys")
    @classmethod
    def _require_keys(cls, value: SecretStr) -> SecretStr:
        read_keys(value.get_secret_value())
        return value

    @property
    def sealer(self) -> Sealer:
        """Seals and opens bank details."""
        return Sealer.of(self.details_keys.get_secret_value())

    @property
    def links(self) -> Links:
        """Makes and reads links to downloads."""
        return Links.of(
            self.link_keys.get_secret_value(),
            public_url=self.public_url,
            lifetime_s=self.link_lifetime_s,
        )
