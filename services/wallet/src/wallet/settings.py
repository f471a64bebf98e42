"""What the wallet is told by its environment."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read once, in `__main__`, from variables with the prefix WALLET_."""

    model_config = SettingsConfigDict(env_prefix="WALLET_", frozen=True, extra="ignore")

    sandbox_url: str
    """Where the sandbox payment provider's API is, without a trailing slash."""
    sandbox_api_key: SecretStr
    sandbox_webhook_secret: SecretStr
    """What the provider signs its webhooks with; two, separated by a comma, while it is rotated."""
