"""What the service is told by its environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """`kafka_servers` is GIFTS_KAFKA_SERVERS, and so on."""

    model_config = SettingsConfigDict(env_prefix="GIFTS_", frozen=True, extra="ignore")
    service: ClassVar[str] = "gifts"
