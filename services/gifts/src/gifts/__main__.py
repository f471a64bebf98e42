"""`python -m gifts COMMAND`: api, worker, migrate, seed, publish-…, recover, schema."""

import sys

from chassis import clock
from chassis.db import Conn, service_pool, transact
from chassis.kafka import KafkaError
from chassis.program import Chore, Program, Publication
from gifts.commands import publish_levels as levels
from gifts.commands.publish_catalogue import Published, publish_catalogue
from gifts.commands.publish_word_list import publish_word_list
from gifts.data import first_catalogue, first_levels, first_word_list
from gifts.domain.catalogue_file import CatalogueError, read_catalogue
from gifts.domain.level_file import LevelTableError, read_levels
from gifts.domain.word_list import WordListError, read_word_list
from gifts.edge.recovering import recover_lost
from gifts.settings import RecoverSettings, Settings


async def _publish(settings: Settings, text: bytes) -> str:
    file = read_catalogue(text)

    async def work(conn: Conn) -> Published:
        return await publish_catalogue(conn, file, at=clock.now())

    async with service_pool(settings, "publish") as pool:
        published = await transact(pool, work)
    catalogue = published.catalogue
    return (
        f"catalogue {catalogue.version} of {len(catalogue.items)} items"
        f"{' was there already' if published.repeated else ' published'},"
        f" in force from {catalogue.effective_from.isoformat(timespec='seconds')}"
    )


async def _publish_levels(settings: Settings, text: bytes) -> str:
    file = read_levels(text)

    async def work(conn: Conn) -> levels.Published:
        return await levels.publish_levels(conn, file, at=clock.now())

    async with service_pool(settings, "publish") as pool:
        published = await transact(pool, work)
    table = published.table
    return (
        f"level table {table.version} of {len(table.gifter_points)} levels"
        f"{' was there already' if published.repeated else ' published'},"
        f" in force from {table.effective_from.isoformat(timespec='seconds')}"
    )


async def _publish_words(settings: Settings, text: bytes) -> str:
    file = read_word_list(text)
    async with service_pool(settings, "publish") as pool:
        published = await transact(pool, lambda conn: publish_word_list(conn, file, at=clock.now()))
    return (
        f"word list {published.words.version} of {len(published.words.terms)} terms"
        f"{' was there already' if published.repeated else ' published'}"
    )


async def _recover(settings: RecoverSettings) -> str:
    async with service_pool(settings, "recover") as pool:
        count = await recover_lost(pool, settings.brokers, topic_prefix=settings.topic_prefix)
    return f"{count} gifts that were announced and lost are written again, to be settled"


PROGRAM = Program(
    settings=Settings,
    chores=(
        Chore(
            command="recover",
            help="after a restore, before the worker starts: write lost gifts that topics tell of",
            settings=RecoverSettings,
            run=_recover,
            refused=(KafkaError,),
        ),
    ),
    publications=(
        Publication(
            command="publish-catalogue",
            first=first_catalogue,
            example="gifts/data/catalogue.json",
            publish=_publish,
            refused=(CatalogueError,),
        ),
        Publication(
            command="publish-levels",
            first=first_levels,
            example="gifts/data/levels.json",
            publish=_publish_levels,
            refused=(LevelTableError,),
        ),
        Publication(
            command="publish-word-list",
            first=first_word_list,
            example="gifts/data/word_list.json",
            publish=_publish_words,
            refused=(WordListError,),
        ),
    ),
)

if __name__ == "__main__":
    sys.exit(PROGRAM.run())
