"""`python -m chassis topics --servers HOST:PORT [--prefix P]`: create every declared topic."""

import argparse
import asyncio
import sys

from chassis import kafka
from contracts import catalogue


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="chassis", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    topics = commands.add_parser("topics", help="create the topics that contracts declare")
    topics.add_argument("--servers", required=True, help="Kafka's addresses, host:port,…")
    topics.add_argument("--prefix", default="", help="stands before each topic's name")
    topics.add_argument("--partitions", type=int, default=8)
    topics.add_argument("--replication-factor", type=int, default=1)
    arguments = parser.parse_args()
    try:
        created = asyncio.run(
            kafka.ensure_topics(
                arguments.servers,
                catalogue.topics(),
                prefix=arguments.prefix,
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
