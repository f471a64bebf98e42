"""`python -m payouts COMMAND`: api, worker, migrate, seed, schema, reseal, recover, and more.

With a FILE: publish-rates, publish-payout-terms and publish-withholding.
"""

import sys
from importlib.resources import files

import msgspec

from chassis import clock
from chassis.db import service_pool, transaction
from chassis.kafka import KafkaError
from chassis.program import Chore, Program, Publication
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.domain.rates import Rate, RateRefusedError
from payouts.domain.terms import Terms, TermsRefusedError
from payouts.domain.withholding import TableRefusedError, WithholdingTable
from payouts.edge.recovering import overtake_all
from payouts.edge.resealing import UnreadableSealsError, reseal_all
from payouts.settings import RecoverSettings, SealSettings, Settings


def _first_rates() -> bytes:
    return files("payouts.data").joinpath("rates.json").read_bytes()


async def _publish_rates(settings: Settings, text: bytes) -> str:
    wanted = msgspec.json.decode(text, type=list[Rate])
    async with service_pool(settings, "publish") as pool, transaction(pool) as conn:
        added = await publish_rates(conn, wanted, now=clock.now())
    return f"{len(added)} of {len(wanted)} rate versions published, the rest is there"


def _first_terms() -> bytes:
    return files("payouts.data").joinpath("payout_terms.json").read_bytes()


async def _publish_terms(settings: Settings, text: bytes) -> str:
    wanted = msgspec.json.decode(text, type=list[Terms])
    async with service_pool(settings, "publish") as pool, transaction(pool) as conn:
        added = await publish_terms(conn, wanted, now=clock.now())
    return f"{len(added)} of {len(wanted)} versions of the terms published, the rest is there"


def _first_withholding() -> bytes:
    return files("payouts.data").joinpath("withholding.json").read_bytes()


async def _publish_withholding(settings: Settings, text: bytes) -> str:
    wanted = msgspec.json.decode(text, type=list[WithholdingTable])
    async with service_pool(settings, "publish") as pool, transaction(pool) as conn:
        added = await publish_withholding(conn, wanted, now=clock.now())
    return f"{len(added)} of {len(wanted)} withholding tables published, the rest is there"


async def _reseal(settings: SealSettings) -> str:
    async with service_pool(settings, "reseal") as pool:
        sealed = await reseal_all(pool, settings.sealer)
    return f"{sealed} sealed anew; all is under the first of PAYOUTS_DETAILS_KEYS"


async def _recover(settings: RecoverSettings) -> str:
    async with service_pool(settings, "recover") as pool:
        count = await overtake_all(pool, settings.brokers, topic_prefix=settings.topic_prefix)
    return f"{count} creators of whom more had been told than is known are told anew"


PROGRAM = Program(
    settings=Settings,
    chores=(
        Chore(
            command="reseal",
            help="seal bank details and tax numbers with the newest key; safe to repeat",
            settings=SealSettings,
            run=_reseal,
            refused=(UnreadableSealsError,),
        ),
        Chore(
            command="recover",
            help="after a restore: overtake what had been told of creators; safe to repeat",
            settings=RecoverSettings,
            run=_recover,
            refused=(KafkaError,),
        ),
    ),
    publications=(
        Publication(
            command="publish-rates",
            first=_first_rates,
            example="payouts/data/rates.json",
            publish=_publish_rates,
            refused=(msgspec.MsgspecError, RateRefusedError),
        ),
        Publication(
            command="publish-payout-terms",
            first=_first_terms,
            example="payouts/data/payout_terms.json",
            publish=_publish_terms,
            refused=(msgspec.MsgspecError, TermsRefusedError),
        ),
        Publication(
            command="publish-withholding",
            first=_first_withholding,
            example="payouts/data/withholding_us.json",
            publish=_publish_withholding,
            refused=(msgspec.MsgspecError, TableRefusedError),
        ),
    ),
)

if __name__ == "__main__":
    sys.exit(PROGRAM.run())
