"""What every service is told by its environment; services add their own fields to it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, override

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from chassis.brokers import Brokers, BrokersError, Security
from chassis.login import Login
from chassis.secret_files import DIRECTORY, SecretFiles, SecretFilesError


class MisconfiguredError(Exception):
    """The settings are wrong; the message names each one that is, and holds no value."""


def _none_if_empty(directory: str | None) -> str | None:
    # The path of nothing would be the folder that the process was started in.
    return directory or None


class EnvironmentSettings(BaseSettings):
    """Of any program: read once, in `__main__`, by `read`, and handed down.

    Subclassed with an `env_prefix` of one's own: `kafka_servers` of the wallet is
    WALLET_KAFKA_SERVERS. Addresses and secrets have no defaults. Each command has a class that is
    put together of those below, so that it can be told what it uses and no secret besides.
    """

    # What a value is that was refused is not printed: it stands among passwords and keys.
    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    secrets_dir: Annotated[Path | None, BeforeValidator(_none_if_empty)] = None
    """A directory with settings in files that are called like their variables, such as a mounted
    Secret of Kubernetes. What is given twice, is empty or is no setting is refused."""

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables, and files in the directory that a variable names."""
        told = env_settings()
        directory = _none_if_empty(told.pop(DIRECTORY, None))
        return init_settings, env_settings, SecretFiles(settings_cls, directory, frozenset(told))


class KafkaSettings(EnvironmentSettings):
    """Of whoever talks to Kafka."""

    kafka_servers: str
    """Comma-separated host:port pairs."""
    kafka_security: Security = "PLAINTEXT"
    """SSL: over TLS, with a certificate of our own where `kafka_certificate_file` names one.
    SASL_SSL: over TLS, with user name and password (SCRAM-SHA-512)."""
    kafka_ca_file: str | None = None
    """PEM: what the brokers' certificates must come from. Without it, what the system trusts."""
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_certificate_file: str | None = None
    """PEM: the certificate by which the brokers know us."""
    kafka_key_file: str | None = None
    """PEM: the certificate's private key."""
    topic_prefix: str = ""
    """Stands before every topic and group name, so that several systems can share a cluster."""

    @model_validator(mode="after")
    def _require_what_kafka_asks_for(self) -> Self:
        security = self.kafka_security
        password = {"kafka_username": self.kafka_username, "kafka_password": self.kafka_password}
        certificate = {
            "kafka_certificate_file": self.kafka_certificate_file,
            "kafka_key_file": self.kafka_key_file,
        }
        if security == "SASL_SSL":
            require_all("kafka_security SASL_SSL", {"kafka_security": security, **password})
        elif any(password.values()):
            raise ValueError("kafka_username and kafka_password need kafka_security SASL_SSL")
        require_all("a certificate for Kafka", certificate)
        if any(certificate.values()) and security == "PLAINTEXT":
            raise ValueError("kafka_certificate_file needs kafka_security SSL or SASL_SSL")
        return self

    @property
    def brokers(self) -> Brokers:
        """Where Kafka is, and how we are let in."""
        return Brokers(
            self.kafka_servers,
            self.kafka_security,
            self.kafka_ca_file,
            self.kafka_username,
            self.kafka_password,
            self.kafka_certificate_file,
            self.kafka_key_file,
        )


class ProcessSettings(EnvironmentSettings):
    """Of every process that stays."""

    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    """Of the api, or of a worker's probes and metrics."""

    otlp_endpoint: str | None = None
    """Where spans go (OTLP over HTTP), e.g. http://collector:4318; without it none are kept."""
    trace_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    """Share of traces begun here that are kept; a trace begun elsewhere keeps its own decision."""
    log_format: Literal["json", "console"] = "json"

    shutdown_grace_s: float = Field(default=20, gt=0)
    """How long to drain after SIGTERM; keep it below the pod's terminationGracePeriodSeconds."""


class ViewerSettings(ProcessSettings):
    """Of a process that viewers ask."""

    token_jwks_url: str
    """Where the public keys of viewers' tokens are: https://… or file:///…"""
    token_issuer: str
    token_audience: str
    token_keys_age_max_s: float = Field(default=300, gt=0)
    """How old the keys may be that tokens are checked with: so long a key may go on counting that
    its issuer has taken away. A new one is found at once."""


class ServiceSettings(EnvironmentSettings):
    """Of a service, which has a database: all that most of its commands need."""

    service: ClassVar[str]
    """The service's name: its package, role, consumer group and the source of its events."""

    database_dsn: SecretStr
    """PostgreSQL, with the service's own role, and its password unless that stands apart. Over TLS
    with …?sslmode=verify-full&sslrootcert=FILE."""
    database_password: SecretStr | None = None
    """Of the role; it counts before one in the DSN. From a file it is read anew for each
    connection: it may be changed while we run."""
    database_connections_max: int = Field(default=10, ge=2, le=100)
    """Per process. The sum over all pods must stay under the server's max_connections."""

    @classmethod
    def migrations(cls) -> str:
        """The package of the service's migrations."""
        return f"{cls.service}.migrations"

    @property
    def login(self) -> Login:
        """How we are let into the database."""
        dsn = self.database_dsn.get_secret_value()
        if self.database_password is None:
            return Login(dsn)
        return Login(dsn, partial(_newest, self, "database_password"))


class ServiceApiSettings(ViewerSettings, ServiceSettings):
    """Of a service's api. It tells Kafka nothing itself: what it has to say, a worker publishes."""


class ServiceWorkerSettings(ProcessSettings, KafkaSettings, ServiceSettings):
    """Of a service's worker, which consumes in the service's group."""

    kafka_instance: str | None = None
    """A worker's name among its service's workers, the same after each restart, such as a
    StatefulSet's pod name. A worker that was killed then goes on as soon as it is up again; without
    a name it waits until its former self has timed out, about 8 s. Two that run at the same time
    under one name would take the partitions from each other for ever."""

    consumer_lanes: int = Field(default=1, ge=1, le=8)
    """Batches of one topic that a worker has in flight at a time. A second one was measured at a
    tenth more throughput where the flow is dense, and a third fewer gifts where it is thin, since
    the same records are then spread over twice as many transactions."""


def read[Settings: EnvironmentSettings](kind: type[Settings], **given: str) -> Settings:
    """The settings of a process, checked, with the files that they name.

    Args:
        kind: Which.
        given: What is said elsewhere than in the environment; it counts first.

    Raises:
        MisconfiguredError: Some are missing or wrong.
    """
    try:
        settings = kind(**given)  # pyright: ignore[reportArgumentType] - as text, like variables
        if isinstance(settings, KafkaSettings):
            settings.brokers.options()
    except ValidationError as error:
        raise MisconfiguredError(_in_words(kind, error)) from None
    except (SecretFilesError, BrokersError) as error:
        raise MisconfiguredError(str(error)) from error
    return settings


def _in_words(kind: type[EnvironmentSettings], error: ValidationError) -> str:
    prefix = kind.model_config.get("env_prefix", "")
    problems: list[str] = []
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        name = "".join(f"{prefix}{part}".upper() for part in each["loc"][:1])
        if each["type"] == "missing":
            files = f"{prefix}{DIRECTORY}".upper()
            problems.append(f"{name} is missing: set it, or put a file {name} into {files}")
        else:
            text = each["msg"].removeprefix("Value error, ")
            problems.append(f"{name}: {text}" if name else text)
    return "; ".join(problems)


def _newest(settings: ServiceSettings, field: str) -> str:
    """What a secret is now, if a file holds it, or else what it was at the start."""
    if settings.secrets_dir is not None:
        name = f"{settings.model_config.get('env_prefix', '')}{field}".lower()
        for file in settings.secrets_dir.iterdir():
            if file.name.lower() == name:
                return file.read_text(encoding="utf-8").strip()
    secret: SecretStr = getattr(settings, field)
    return secret.get_secret_value()


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
