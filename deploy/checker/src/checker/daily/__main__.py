"""`python -m checker.daily`: check the books, report what is owed and what has waited too long.

Exit status: 0 all is well, 1 a breach, 2 the books could not be read, 3 something is overdue, 4 all
is well, but nobody took the result.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence

from chassis import clock
from chassis.settings import MisconfiguredError
from chassis.settings import read as read_settings
from checker import UnreadableBooksError, check
from checker.arguments import Settings, add_addresses, addresses_of
from checker.daily import words
from checker.daily.figures import Daily, to_json, verdict
from checker.daily.reading import read
from checker.progress import Telling
from checker.report import Finding, Report
from checker.snapshot import Snapshot
from checker.telling import told_or

_STATUS = {"clean": 0, "breach": 1, "overdue": 3}


def main() -> int:
    """Check, print the tables, and give the process's exit status."""
    try:
        settings = read_settings(Settings)
    except MisconfiguredError as error:
        print(f"daily: the settings are wrong: {error}", file=sys.stderr)
        return 2
    arguments = _parser(settings).parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        report, daily = asyncio.run(_work(arguments, settings))
    except UnreadableBooksError as error:
        print(f"daily: {error}", file=sys.stderr)
        return 2
    if arguments.json is not None:
        arguments.json.write_bytes(to_json(report, daily) + b"\n")
    parts = [report.in_words(), words.figures(daily)]
    if not arguments.summary:
        parts += [words.queues(daily)]
    parts += [words.last_line(daily)]
    print("\n\n".join(part for part in parts if part))
    status = _STATUS[verdict(report, daily)]
    return told_or(status, arguments.otlp_endpoint, "daily", report, daily)


async def _work(arguments: argparse.Namespace, settings: Settings) -> tuple[Report, Daily]:
    seen: list[Daily] = []

    async def also(books: Mapping[str, Snapshot]) -> Sequence[Finding]:
        daily, found = await read(
            books, at=clock.now(), overdue_after_h=arguments.overdue_after_hours
        )
        seen.append(daily)
        return found

    report = await check(
        addresses_of(arguments, settings),
        wait_drained_s=arguments.wait_drained,
        allow_dead_letters=arguments.allow_dead_letters,
        progress=Telling(),
        processes=os.cpu_count() or 1,
        also=also,
    )
    return report, seen[0]


def _parser(settings: Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="checker.daily",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_addresses(parser, settings)
    parser.add_argument(
        "--overdue-after-hours",
        type=int,
        default=24,
        metavar="H",
        help="from what age on parked events and waiting clawbacks are overdue (%(default)s h)",
    )
    parser.add_argument("--summary", action="store_true", help="do not list what waits by name")
    return parser


if __name__ == "__main__":
    sys.exit(main())
