"""What the page's server is told by its environment."""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, in `__main__`: `http_port` is DEMO_PAGE_HTTP_PORT."""

    model_config = SettingsConfigDict(env_prefix="DEMO_PAGE_", frozen=True)

    http_host: str = "127.0.0.1"
    """An address of this machine alone: nobody is asked who they are."""
    http_port: int = Field(default=4400, ge=1, le=65535)

    folder: Path
    """The page as `make setup` has built it."""
    stack: Path
    """The folder of the local stack, in which the key is that signs tokens."""
    graphql_url: str
    """The one endpoint, as browsers of this machine reach it."""

    log_format: Literal["json", "console"] = "json"
    shutdown_grace_s: float = Field(default=5, gt=0)

    @field_validator("http_host")
    @classmethod
    def _require_loopback(cls, value: str) -> str:
        if not ip_address(value).is_loopback:
            raise ValueError("must be a loopback address, such as 127.0.0.1: tokens are handed out")
        return value

    @field_validator("folder")
    @classmethod
    def _require_page(cls, value: Path) -> Path:
        if not (value / "index.html").is_file():
            raise ValueError(f"{value} holds no page: make setup builds it")
        return value
