"""`python -m payouts COMMAND`: api, worker, migrate, seed, publish-rates FILE, schema.

Each command imports what it alone needs: a worker that crashed is back in half the time without the
frameworks of the api.
"""

import argparse
import asyncio
import sys
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import msgspec
from pydantic import ValidationError

from chassis import clock, migrate, serve, telemetry
from chassis.db import transaction
from payouts import bootstrap
from payouts.commands.publish_rates import publish_rates
from payouts.domain.rates import Rate, RateRefusedError
from payouts.settings import Settings


def main() -> int:
    """Run the command and give the process's exit status."""
    parser = argparse.ArgumentParser(prog="payouts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="serve the GraphQL subgraph")
    commands.add_parser("worker", help="accrue gifts and publish earnings")
    commands.add_parser("migrate", help="bring the database up to date")
    commands.add_parser("seed", help="publish the first earning rates; safe to repeat")
    publish = commands.add_parser("publish-rates", help="publish new versions of the rate book")
    publish.add_argument("file", type=Path, help="JSON, in the form of payouts/data/rates.json")
    commands.add_parser("schema", help="print the SDL of the subgraph")
    arguments = parser.parse_args()
    if arguments.command == "schema":
        from chassis.graphql import sdl
        from payouts.graphql.schema import SCHEMA

        print(sdl(SCHEMA), end="")
        return 0
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue] - read from the environment
    except ValidationError as error:
        print(f"payouts: the settings are wrong: {error}", file=sys.stderr)
        return serve.EXIT_MISCONFIGURED
    match arguments.command:
        case "api":
            from payouts.api import run_api

            telemetry.setup(bootstrap.SERVICE, "api", settings)
            return serve.run(lambda stop: run_api(settings, stop))
        case "worker":
            from payouts.worker import run_worker

            telemetry.setup(bootstrap.SERVICE, "worker", settings)
            return serve.run(lambda stop: run_worker(settings, stop))
        case "migrate":
            applied = asyncio.run(
                migrate.migrate(settings.database_dsn.get_secret_value(), bootstrap.MIGRATIONS)
            )
            print(f"payouts: {len(applied)} migrations applied")
            return 0
        case "seed":
            text = files("payouts.data").joinpath("rates.json").read_bytes()
            return _publish(settings, text, clock.now())
        case _:
            return _publish(settings, arguments.file.read_bytes(), clock.now())


def _publish(settings: Settings, text: bytes, now: datetime) -> int:
    try:
        wanted = msgspec.json.decode(text, type=list[Rate])
        added = asyncio.run(_publish_rates(settings, wanted, now))
    except (msgspec.MsgspecError, RateRefusedError) as error:
        print(f"payouts: rates refused, nothing published: {error}", file=sys.stderr)
        return 1
    print(f"payouts: {len(added)} of {len(wanted)} rate versions published, the rest is there")
    return 0


async def _publish_rates(settings: Settings, wanted: list[Rate], now: datetime) -> list[Rate]:
    async with bootstrap.pool_of(settings, "rates") as pool, transaction(pool) as conn:
        return list(await publish_rates(conn, wanted, now=now))


if __name__ == "__main__":
    sys.exit(main())
