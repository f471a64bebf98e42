"""What the payouts service is told by its environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read once, in `__main__`, from variables with the prefix PAYOUTS_."""

    model_config = SettingsConfigDict(env_prefix="PAYOUTS_", frozen=True, extra="ignore")
    service: ClassVar[str] = "payouts"
