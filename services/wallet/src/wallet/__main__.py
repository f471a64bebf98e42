"""`python -m wallet COMMAND`: api, worker, migrate, seed, schema, publish-price-book FILE,
publish-spend-policy FILE."""

import sys
from collections.abc import Callable
from importlib.resources import files

import msgspec

from chassis.db import service_pool, transaction
from chassis.program import Program, Publication
from wallet.commands.publish_price_book import publish_price_book
from wallet.commands.publish_spend_policy import publish_spend_policy
from wallet.domain.limits import SpendPolicy, SpendPolicyRefusedError
from wallet.domain.price_book import PriceBook, PriceBookRefusedError
from wallet.settings import Settings


def _first(name: str) -> Callable[[], bytes]:
    return files("wallet.data").joinpath(name).read_bytes


async def _publish_price_book(settings: Settings, text: bytes) -> str:
    wanted = msgspec.json.decode(text, type=list[PriceBook])
    async with service_pool(settings, "publish") as pool, transaction(pool) as conn:
        added = await publish_price_book(conn, wanted)
    return f"{len(added)} of {len(wanted)} price book versions published, the rest is there"


async def _publish_spend_policy(settings: Settings, text: bytes) -> str:
    wanted = msgspec.json.decode(text, type=list[SpendPolicy])
    async with service_pool(settings, "publish") as pool, transaction(pool) as conn:
        added = await publish_spend_policy(conn, wanted)
    return f"{len(added)} of {len(wanted)} spend policy versions published, the rest is there"


PROGRAM = Program(
    settings=Settings,
    publications=(
        Publication(
            command="publish-price-book",
            first=_first("price_book.json"),
            example="wallet/data/price_book.json",
            publish=_publish_price_book,
            refused=(msgspec.MsgspecError, PriceBookRefusedError),
        ),
        Publication(
            command="publish-spend-policy",
            first=_first("spend_policy.json"),
            example="wallet/data/spend_policy.json",
            publish=_publish_spend_policy,
            refused=(msgspec.MsgspecError, SpendPolicyRefusedError),
        ),
    ),
)

if __name__ == "__main__":
    sys.exit(PROGRAM.run())
