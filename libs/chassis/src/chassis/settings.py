"""What every service is told by its environment; services add their own fields to it."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProcessSettings(BaseSettings):
    """Read once, in `__main__`, and handed down; a missing or malformed value stops the process.

    Subclassed with an `env_prefix` of one's own: `kafka_servers` of the wallet is
    WALLET_KAFKA_SERVERS. Addresses and secrets have no defaults.
    """

    # What a value is that was refused is not printed: it stands among passwords and keys.
    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    kafka_servers: str
    """Comma-separated host:port pairs."""
    topic_prefix: str = ""
    """Stands before every topic and group name, so that several systems can share a cluster."""

    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    """Of the api, or of a worker's probes and metrics."""

    token_jwks_url: str
    """Where the public keys of viewers' tokens are: https://… or file:///…"""
    token_issuer: str
    token_audience: str

    otlp_endpoint: str | None = None
    """Where spans go (OTLP over HTTP), e.g. http://collector:4318; without it none are kept."""
    trace_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    """Share of traces begun here that are kept; a trace begun elsewhere keeps its own decision."""
    log_format: Literal["json", "console"] = "json"

    shutdown_grace_s: float = Field(default=20, gt=0)
    """How long to drain after SIGTERM; keep it below the pod's terminationGracePeriodSeconds."""
    development: bool = False
    """Schema introspection for everybody. Never in production."""


class ServiceSettings(ProcessSettings):
    """Of a service, which has a database and consumes in a group."""

    service: ClassVar[str]
    """The service's name: its package, role, consumer group and the source of its events."""

    database_dsn: SecretStr
    """PostgreSQL, with the service's own role and password."""
    database_connections_max: int = Field(default=10, ge=2, le=100)
    """Per process. The sum over all pods must stay under the server's max_connections."""

    kafka_instance: str | None = None
    """A worker's name among its service's workers, the same after each restart, such as a
    StatefulSet's pod name. A worker that was killed then goes on as soon as it is up again; without
    a name it waits until its former self has timed out, about 8 s. Two that run at the same time
    under one name would take the partitions from each other for ever."""

    consumer_lanes: int = Field(default=1, ge=1, le=8)
    """Batches of one topic that a worker has in flight at a time. A second one was measured at a
    tenth more throughput where the flow is dense, and a third fewer gifts where it is thin, since
    the same records are then spread over twice as many transactions."""

    @classmethod
    def migrations(cls) -> str:
        """The package of the service's migrations."""
        return f"{cls.service}.migrations"


def require_all(whom: str, needed: Mapping[str, object]) -> None:
    """Pass the settings of somebody outside of which all are there, or none.

    Raises:
        ValueError: Some are missing; the message names them.
    """
    missing = [name for name, value in needed.items() if not value]
    if missing and len(missing) < len(needed):
        raise ValueError(f"{whom} needs {', '.join(missing)} too")


def text_of(secret: SecretStr | None) -> str | None:
    """What is secret, if anything."""
    return None if secret is None else secret.get_secret_value()


def split_secrets(secrets: SecretStr) -> tuple[str, ...]:
    """Secrets that stand together, separated by commas, while one is replaced by the next."""
    return tuple(secret.strip() for secret in secrets.get_secret_value().split(","))


def require_secrets(value: SecretStr | None) -> SecretStr | None:
    """Pass secrets that webhooks are signed with, if there are any.

    Raises:
        ValueError: One of them is empty.
    """
    if value is not None and not all(split_secrets(value)):
        raise ValueError("an empty secret would let anybody sign")
    return value
