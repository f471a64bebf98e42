"""`python -m checker`: prove the books of a running system, or show where they are broken.

Exit status: 0 clean, 1 a breach, 2 the books could not be read, 4 clean, but nobody took the
result.
"""

import argparse
import asyncio
import logging
import os
import sys

from chassis.settings import MisconfiguredError
from chassis.settings import read as read_settings
from checker.arguments import Settings, add_addresses, addresses_of
from checker.check import UnreadableBooksError, check
from checker.progress import Telling
from checker.snapshot import SERVICES
from checker.telling import told_or


def main() -> int:
    """Check, print the table, and give the process's exit status."""
    try:
        settings = read_settings(Settings)
    except MisconfiguredError as error:
        print(f"checker: the settings are wrong: {error}", file=sys.stderr)
        return 2
    arguments = _parser(settings).parse_args()
    unknown = set(arguments.only) - set(SERVICES)
    if unknown:
        print(f"checker: --only takes {', '.join(SERVICES)}", file=sys.stderr)
        return 2
    # What the client says of a broker that is away is said below, in one line.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        report = asyncio.run(
            check(
                addresses_of(arguments, settings),
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
    status = 0 if report.clean else 1
    return told_or(status, arguments.otlp_endpoint, "checker", report)


def _parser(settings: Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="checker", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_addresses(parser, settings)
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=list(SERVICES),
        metavar="SERVICE,…",
        help="the services whose books to look at (all)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
