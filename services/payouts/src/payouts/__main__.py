"""`python -m payouts COMMAND`: api, worker, migrate, seed, publish-rates FILE, schema."""

import asyncio
import sys
from importlib.resources import files

import msgspec

from chassis import clock
from chassis.db import service_pool, transaction
from chassis.program import Program, Publication
from payouts.commands.publish_rates import publish_rates
from payouts.domain.rates import Rate, RateRefusedError
from payouts.settings import Settings


def _sdl() -> str:
    from chassis.graphql import sdl
    from payouts.graphql.schema import SCHEMA

    return sdl(SCHEMA)


async def _api(settings: Settings, stop: asyncio.Event) -> None:
    from payouts.api import run_api

    await run_api(settings, stop)


async def _worker(settings: Settings, stop: asyncio.Event) -> None:
    from payouts.worker import run_worker

    await run_worker(settings, stop)


def _first_rates() -> bytes:
    return files("payouts.data").joinpath("rates.json").read_bytes()


async def _publish(settings: Settings, text: bytes) -> str:
    wanted = msgspec.json.decode(text, type=list[Rate])
    async with service_pool(settings, "publish") as pool, transaction(pool) as conn:
        added = await publish_rates(conn, wanted, now=clock.now())
    return f"{len(added)} of {len(wanted)} rate versions published, the rest is there"


PROGRAM = Program(
    settings=Settings,
    api=_api,
    worker=_worker,
    sdl=_sdl,
    publication=Publication(
        command="publish-rates",
        first=_first_rates,
        example="payouts/data/rates.json",
        publish=_publish,
        refused=(msgspec.MsgspecError, RateRefusedError),
    ),
)

if __name__ == "__main__":
    sys.exit(PROGRAM.run())
