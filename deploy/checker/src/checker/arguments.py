"""What both commands are told: where to look, and how patiently."""

import argparse
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.login import Login, Where
from chassis.settings import KafkaSettings, text_of
from checker.check import Addresses
from checker.snapshot import SERVICES


class Settings(KafkaSettings):
    """What stands in the environment, or in files: CHECKER_WALLET_DSN and so on."""

    model_config = SettingsConfigDict(env_prefix="CHECKER_", frozen=True, extra="ignore")

    kafka_servers: str = ""
    wallet_dsn: SecretStr | None = None
    gifts_dsn: SecretStr | None = None
    payouts_dsn: SecretStr | None = None
    database_password: SecretStr | None = None
    """Of the role of all DSNs; it counts before one that stands in them."""
    otlp_endpoint: str | None = None


def add_addresses(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """Let a parser take them; what is not given stands in the settings."""
    for service in SERVICES:
        parser.add_argument(
            f"--{service}-dsn",
            default=text_of(getattr(settings, f"{service}_dsn")),
            help=f"the {service}'s database [CHECKER_{service.upper()}_DSN]",
        )
    parser.add_argument(
        "--kafka",
        default=settings.kafka_servers or None,
        help="host:port,… [CHECKER_KAFKA_SERVERS]",
    )
    parser.add_argument(
        "--topic-prefix",
        default=settings.topic_prefix,
        help="stands before each topic's name [CHECKER_TOPIC_PREFIX]",
    )
    parser.add_argument(
        "--wait-drained",
        type=float,
        default=30.0,
        metavar="S",
        help="how long services may take to finish what they were asked for (%(default)s s)",
    )
    parser.add_argument(
        "--allow-dead-letters",
        type=int,
        default=0,
        metavar="N",
        help="how many records may have been set aside (%(default)s)",
    )
    parser.add_argument(
        "--otlp-endpoint",
        default=settings.otlp_endpoint,
        metavar="URL",
        help="base address of an OTLP/HTTP receiver that is told the result"
        " [CHECKER_OTLP_ENDPOINT]",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report for programs")


def addresses_of(arguments: argparse.Namespace, settings: Settings) -> Addresses:
    """Where to look; how Kafka lets us in is said by the settings alone."""

    def where(dsn: str | None) -> Where | None:
        password = text_of(settings.database_password)
        return dsn if dsn is None or password is None else Login(dsn, lambda: password)

    return Addresses(
        wallet=where(arguments.wallet_dsn),
        gifts=where(arguments.gifts_dsn),
        payouts=where(arguments.payouts_dsn),
        kafka=arguments.kafka and settings.brokers._replace(servers=arguments.kafka),
        topic_prefix=arguments.topic_prefix,
    )
