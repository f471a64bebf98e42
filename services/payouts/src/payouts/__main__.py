"""`python -m payouts COMMAND`: api, worker, migrate, seed, publish-rates FILE, schema."""

import sys
from importlib.resources import files

import msgspec

from chassis import clock
from chassis.db import service_pool, transaction
from chassis.program import Program, Publication
from payouts.commands.publish_rates import publish_rates
from payouts.domain.rates import Rate, RateRefusedError
from payouts.settings import Settings


def _first_rates() -> bytes:
    return files("payouts.data").joinpath("rates.json").read_bytes()


async def _publish(settings: Settings, text: bytes) -> str:
    wanted = msgspec.json.decode(text, type=list[Rate])
    async with service_pool(settings, "publish") as pool, transaction(pool) as conn:
        added = await publish_rates(conn, wanted, now=clock.now())
    return f"{len(added)} of {len(wanted)} rate versions published, the rest is there"


PROGRAM = Program(
    settings=Settings,
    publications=(
        Publication(
            command="publish-rates",
            first=_first_rates,
            example="payouts/data/rates.json",
            publish=_publish,
            refused=(msgspec.MsgspecError, RateRefusedError),
        ),
    ),
)

if __name__ == "__main__":
    sys.exit(PROGRAM.run())
