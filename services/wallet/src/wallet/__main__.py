"""`python -m wallet COMMAND`: api, worker, migrate, seed, publish-price-book FILE, schema.

Each command imports what it alone needs: a worker that crashed is back in half the time without the
frameworks of the api.
"""

import argparse
import asyncio
import sys
from importlib.resources import files
from pathlib import Path

import msgspec
from pydantic import ValidationError

from chassis import migrate, serve, telemetry
from chassis.db import transaction
from wallet import bootstrap
from wallet.commands.publish_price_book import publish_price_book
from wallet.domain.price_book import PriceBook, PriceBookRefusedError
from wallet.settings import Settings


def main() -> int:
    """Run the command and give the process's exit status."""
    parser = argparse.ArgumentParser(prog="wallet", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="serve the GraphQL subgraph")
    commands.add_parser("worker", help="charge viewers and publish events")
    commands.add_parser("migrate", help="bring the database up to date")
    commands.add_parser("seed", help="publish the first price book; safe to repeat")
    publish = commands.add_parser(
        "publish-price-book", help="publish new versions of the price book"
    )
    publish.add_argument("file", type=Path, help="JSON, in the form of wallet/data/price_book.json")
    commands.add_parser("schema", help="print the SDL of the subgraph")
    arguments = parser.parse_args()
    if arguments.command == "schema":
        from chassis.graphql import sdl
        from wallet.graphql.schema import SCHEMA

        print(sdl(SCHEMA), end="")
        return 0
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue] - read from the environment
    except ValidationError as error:
        print(f"wallet: the settings are wrong: {error}", file=sys.stderr)
        return serve.EXIT_MISCONFIGURED
    match arguments.command:
        case "api":
            from wallet.api import run_api

            telemetry.setup(bootstrap.SERVICE, "api", settings)
            return serve.run(lambda stop: run_api(settings, stop))
        case "worker":
            from wallet.worker import run_worker

            telemetry.setup(bootstrap.SERVICE, "worker", settings)
            return serve.run(lambda stop: run_worker(settings, stop))
        case "migrate":
            applied = asyncio.run(
                migrate.migrate(settings.database_dsn.get_secret_value(), bootstrap.MIGRATIONS)
            )
            print(f"wallet: {len(applied)} migrations applied")
            return 0
        case "seed":
            text = files("wallet.data").joinpath("price_book.json").read_bytes()
            return _publish(settings, text)
        case _:
            try:
                text = arguments.file.read_bytes()
            except OSError as error:
                print(f"wallet: the file cannot be read: {error}", file=sys.stderr)
                return 1
            return _publish(settings, text)


def _publish(settings: Settings, text: bytes) -> int:
    try:
        wanted = msgspec.json.decode(text, type=list[PriceBook])
        added = asyncio.run(_publish_price_book(settings, wanted))
    except (msgspec.MsgspecError, PriceBookRefusedError) as error:
        print(f"wallet: price book refused, nothing published: {error}", file=sys.stderr)
        return 1
    print(f"wallet: {len(added)} of {len(wanted)} price book versions published, the rest is there")
    return 0


async def _publish_price_book(settings: Settings, wanted: list[PriceBook]) -> list[PriceBook]:
    async with bootstrap.pool_of(settings, "price-book") as pool, transaction(pool) as conn:
        return list(await publish_price_book(conn, wanted))


if __name__ == "__main__":
    sys.exit(main())
