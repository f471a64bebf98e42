"""What the wallet is told by its environment."""

from typing import ClassVar

from pydantic import SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from wallet.store_settings import StoreSettings


class Settings(StoreSettings):
    """Read once, in `__main__`, from variables with the prefix WALLET_."""

    model_config = SettingsConfigDict(env_prefix="WALLET_", frozen=True, extra="ignore")
    service: ClassVar[str] = "wallet"

    sandbox_url: str
    """Where the sandbox payment provider's API is, without a trailing slash."""
    sandbox_api_key: SecretStr
    sandbox_webhook_secret: SecretStr
    """What the provider signs its webhooks with; two, separated by a comma, while it is rotated."""

    @field_validator("sandbox_webhook_secret")
    @classmethod
    def _require_secrets(cls, value: SecretStr) -> SecretStr:
        if not all(_split(value)):
            raise ValueError("an empty secret would let anybody sign")
        return value

    @property
    def sandbox_webhook_secrets(self) -> tuple[str, ...]:
        """Each secret that a webhook may be signed with."""
        return _split(self.sandbox_webhook_secret)


def _split(secrets: SecretStr) -> tuple[str, ...]:
    return tuple(secret.strip() for secret in secrets.get_secret_value().split(","))
