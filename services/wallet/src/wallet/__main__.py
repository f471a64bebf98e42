"""`python -m wallet COMMAND`: api, worker, migrate, seed, publish-price-book FILE, schema."""

import sys
from importlib.resources import files

import msgspec

from chassis.db import service_pool, transaction
from chassis.program import Program, Publication
from wallet.commands.publish_price_book import publish_price_book
from wallet.domain.price_book import PriceBook, PriceBookRefusedError
from wallet.settings import Settings


def _first_price_book() -> bytes:
    return files("wallet.data").joinpath("price_book.json").read_bytes()


async def _publish(settings: Settings, text: bytes) -> str:
    wanted = msgspec.json.decode(text, type=list[PriceBook])
    async with service_pool(settings, "publish") as pool, transaction(pool) as conn:
        added = await publish_price_book(conn, wanted)
    return f"{len(added)} of {len(wanted)} price book versions published, the rest is there"


PROGRAM = Program(
    settings=Settings,
    publication=Publication(
        command="publish-price-book",
        first=_first_price_book,
        example="wallet/data/price_book.json",
        publish=_publish,
        refused=(msgspec.MsgspecError, PriceBookRefusedError),
    ),
)

if __name__ == "__main__":
    sys.exit(PROGRAM.run())
