"""What both commands are told: where to look, and how patiently."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from checker.check import Addresses
from checker.snapshot import SERVICES


def add_addresses(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Let a parser take them; addresses may stand in the environment as well."""
    for service in SERVICES:
        parser.add_argument(
            f"--{service}-dsn",
            default=environment.get(f"CHECKER_{service.upper()}_DSN"),
            help=f"the {service}'s database [CHECKER_{service.upper()}_DSN]",
        )
    parser.add_argument(
        "--kafka",
        default=environment.get("CHECKER_KAFKA_SERVERS"),
        help="host:port,… [CHECKER_KAFKA_SERVERS]",
    )
    parser.add_argument(
        "--topic-prefix",
        default=environment.get("CHECKER_TOPIC_PREFIX", ""),
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
        default=environment.get("CHECKER_OTLP_ENDPOINT"),
        metavar="URL",
        help="base address of an OTLP/HTTP receiver that is told the result"
        " [CHECKER_OTLP_ENDPOINT]",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report for programs")


def addresses_of(arguments: argparse.Namespace) -> Addresses:
    """Where to look."""
    return Addresses(
        wallet=arguments.wallet_dsn,
        gifts=arguments.gifts_dsn,
        payouts=arguments.payouts_dsn,
        kafka=arguments.kafka,
        topic_prefix=arguments.topic_prefix,
    )
