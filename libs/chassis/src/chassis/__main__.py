"""`python -m chassis topics --servers HOST:PORT [--prefix P]`: create every declared topic.

How Kafka lets one in is said by variables like those of services: TOPICS_KAFKA_SECURITY and so on.
"""

import argparse
import asyncio
import sys

from pydantic_settings import SettingsConfigDict

from chassis import kafka
from chassis.serve import EXIT_MISCONFIGURED
from chassis.settings import KafkaSettings, MisconfiguredError, read
from contracts import catalogue


class Settings(KafkaSettings):
    """What the command is told by its environment."""

    model_config = SettingsConfigDict(env_prefix="TOPICS_", frozen=True, extra="ignore")


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="chassis", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    topics = commands.add_parser("topics", help="create the topics that contracts declare")
    topics.add_argument("--servers", required=True, help="Kafka's addresses, host:port,…")
    topics.add_argument("--prefix", help="stands before each topic's name [TOPICS_TOPIC_PREFIX]")
    topics.add_argument("--partitions", type=int, default=8)
    topics.add_argument("--replication-factor", type=int, default=1)
    arguments = parser.parse_args()
    try:
        given = {"kafka_servers": arguments.servers, "topic_prefix": arguments.prefix}
        settings = read(Settings, **{name: value for name, value in given.items() if value})
    except MisconfiguredError as error:
        print(f"topics: the settings are wrong: {error}", file=sys.stderr)
        return EXIT_MISCONFIGURED
    try:
        created = asyncio.run(
            kafka.ensure_topics(
                settings.brokers,
                catalogue.topics(),
                prefix=settings.topic_prefix,
                partitions=arguments.partitions,
                replication_factor=arguments.replication_factor,
            )
        )
    except kafka.KafkaError as error:
        print(f"topics: Kafka at {arguments.servers} refused: {error!r}", file=sys.stderr)
        return 1
    print(f"topics: {len(created)} created, {len(catalogue.topics()) - len(created)} there already")
    return 0


if __name__ == "__main__":
    sys.exit(main())
