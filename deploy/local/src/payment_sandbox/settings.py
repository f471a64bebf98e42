"""What the payment sandbox is told by its environment."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, in `__main__`: `http_port` is PAYMENT_SANDBOX_HTTP_PORT."""

    model_config = SettingsConfigDict(env_prefix="PAYMENT_SANDBOX_", frozen=True)

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=4200, ge=1, le=65535)
    public_url: HttpUrl | None = None
    """Where a browser reaches the checkout page; http://HOST:PORT unless told."""

    api_key: SecretStr
    """What the merchant sends as `Authorization: Bearer …`."""
    webhook_url: HttpUrl
    """Where the merchant receives events."""
    webhook_secret: SecretStr
    """Signs events; the merchant has the same."""

    data_file: Path
    """A SQLite file; it is created, and keeps checkouts and undelivered events over a restart."""

    log_format: Literal["json", "console"] = "json"
    shutdown_grace_s: float = Field(default=5, gt=0)

    @model_validator(mode="after")
    def _require_secrets(self) -> Self:
        if not (self.api_key.get_secret_value() and self.webhook_secret.get_secret_value()):
            raise ValueError("API_KEY and WEBHOOK_SECRET must not be empty")
        return self

    @property
    def checkout_base(self) -> str:
        """What stands before `/checkout/<payment id>` in a checkout's address."""
        given = self.public_url or f"http://{self.http_host}:{self.http_port}"
        return str(given).rstrip("/")
