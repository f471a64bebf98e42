"""`python -m checker`: prove the books of a running system, or show where they are broken.

Exit status: 0 clean, 1 a breach, 2 the books could not be read.
"""

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

from checker.check import Addresses, UnreadableBooksError, check
from checker.progress import Telling
from checker.snapshot import SERVICES


def main() -> int:
    """Check, print the table, and give the process's exit status."""
    arguments = _parser().parse_args()
    unknown = set(arguments.only) - set(SERVICES)
    if unknown:
        print(f"checker: --only takes {', '.join(SERVICES)}", file=sys.stderr)
        return 2
    addresses = Addresses(
        wallet=arguments.wallet_dsn,
        gifts=arguments.gifts_dsn,
        payouts=arguments.payouts_dsn,
        kafka=arguments.kafka,
        topic_prefix=arguments.topic_prefix,
    )
    # What the client says of a broker that is away is said below, in one line.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        report = asyncio.run(
            check(
                addresses,
                only=arguments.only,
                wait_drained_s=arguments.wait_drained,
                allow_dead_letters=arguments.allow_dead_letters,
                progress=Telling(),
                processes=os.cpu_count() or 1,
            )
        )
    except UnreadableBooksError as error:
        print(f"checker: {error}", file=sys.stderr)
        return 2
    if arguments.json is not None:
        arguments.json.write_bytes(report.to_json() + b"\n")
    print(report.in_words())
    return 0 if report.clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="checker", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    environment = os.environ
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
        "--only",
        type=lambda text: text.split(","),
        default=list(SERVICES),
        metavar="SERVICE,…",
        help="the services whose books to look at (all)",
    )
    parser.add_argument(
        "--allow-dead-letters",
        type=int,
        default=0,
        metavar="N",
        help="how many records may have been set aside (%(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report for programs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
