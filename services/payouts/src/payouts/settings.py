"""What the payouts service is told by its environment."""

from typing import ClassVar

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
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

    @field_validator("details_keys")
    @classmethod
    def _require_keys(cls, value: SecretStr) -> SecretStr:
        Sealer.of(value.get_secret_value())
        return value

    @property
    def sealer(self) -> Sealer:
        """Seals and opens bank details."""
        return Sealer.of(self.details_keys.get_secret_value())
