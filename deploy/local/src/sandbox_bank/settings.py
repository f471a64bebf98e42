"""What the sandbox bank is told by its environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, in `__main__`: `http_port` is SANDBOX_BANK_HTTP_PORT."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_BANK_", frozen=True)

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=4201, ge=1, le=65535)

    api_key: SecretStr
    """What customers send as `Authorization: Bearer …`."""

    data_file: Path
    """A SQLite file; it is created, and keeps transfers over a restart."""

    log_format: Literal["json", "console"] = "json"
    shutdown_grace_s: float = Field(default=5, gt=0)

    @field_validator("api_key")
    @classmethod
    def _require_key(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value():
            raise ValueError("must not be empty")
        return value
