"""What the trace store is told by its environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, in `__main__`: `http_port` is TRACE_STORE_HTTP_PORT."""

    model_config = SettingsConfigDict(env_prefix="TRACE_STORE_", frozen=True)

    http_host: str = "127.0.0.1"
    """Nobody is asked who they are: keep it on loopback."""
    http_port: int = Field(default=4300, ge=1, le=65535)

    data_file: Path
    """A SQLite file; it is created."""
    size_mb_max: int = Field(default=256, ge=1)
    """What the file may hold; beyond it the oldest traces are dropped."""

    log_format: Literal["json", "console"] = "json"
    shutdown_grace_s: float = Field(default=5, gt=0)
