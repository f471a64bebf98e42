"""`python -m gifts api|worker|migrate|seed|schema|publish-catalogue FILE`.

Each command imports what it alone needs: a worker that crashed is back in half the time without the
frameworks of the api.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from chassis import migrate, serve, telemetry
from chassis.db import OUTAGES
from gifts import bootstrap, publishing
from gifts.domain.catalogue_file import CatalogueError
from gifts.settings import Settings


def main(given: Sequence[str] | None = None) -> int:
    """Run one command, by default the one of the command line, and return the exit status."""
    arguments = _parser().parse_args(given)
    if arguments.command == "schema":
        from chassis.graphql import sdl
        from gifts.graphql.schema import SCHEMA

        print(sdl(SCHEMA), end="")
        return 0
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue] - its values come from outside
    except ValidationError as error:
        print(f"gifts: the environment is not complete: {error}", file=sys.stderr)
        return serve.EXIT_MISCONFIGURED
    match arguments.command:
        case "api":
            from gifts import api

            telemetry.setup("gifts", "api", settings)
            return serve.run(lambda stop: api.run(settings, stop))
        case "worker":
            from gifts import worker

            telemetry.setup("gifts", "worker", settings)
            return serve.run(lambda stop: worker.run(settings, stop))
        case _:
            return _prepare(settings, arguments)


def _prepare(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run a command that changes the database and ends."""
    try:
        match arguments.command:
            case "migrate":
                _migrate(settings)
            case "seed":
                _publish(settings, publishing.first_catalogue())
            case _:
                _publish(settings, arguments.file.read_bytes())
    except CatalogueError as error:
        print(f"gifts: the catalogue cannot be published: {error}", file=sys.stderr)
        return 1
    except migrate.EditedMigrationError as error:
        print(f"gifts: {error}", file=sys.stderr)
        return 1
    except OUTAGES as error:
        print(f"gifts: {arguments.command} failed: {error!r}", file=sys.stderr)
        return 1
    return 0


def _migrate(settings: Settings) -> None:
    dsn = settings.database_dsn.get_secret_value()
    applied = asyncio.run(migrate.migrate(dsn, bootstrap.MIGRATIONS))
    print(f"gifts: {len(applied)} migrations applied")


def _publish(settings: Settings, text: bytes) -> None:
    published = asyncio.run(publishing.publish(settings, text))
    catalogue = published.catalogue
    print(
        f"gifts: catalogue {catalogue.version} of {len(catalogue.items)} items"
        f"{' was there already' if published.repeated else ' published'},"
        f" in force from {catalogue.effective_from.isoformat(timespec='seconds')}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gifts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="serve GraphQL and probes")
    commands.add_parser("worker", help="settle gifts and publish the outbox")
    commands.add_parser("migrate", help="bring the database up to date")
    commands.add_parser("seed", help="publish the first catalogue, once")
    commands.add_parser("schema", help="print the subgraph's SDL")
    publish = commands.add_parser("publish-catalogue", help="check a catalogue and publish it")
    publish.add_argument("file", type=Path, help="JSON, like src/gifts/data/catalogue.json")
    return parser


if __name__ == "__main__":
    sys.exit(main())
