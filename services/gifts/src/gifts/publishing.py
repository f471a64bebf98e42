"""Publishing catalogues from files, for operators and for a new system."""

from importlib.resources import files

from chassis import clock
from chassis.db import Conn, transact
from gifts import bootstrap
from gifts.commands.publish_catalogue import Published, publish_catalogue
from gifts.domain.catalogue_file import read_catalogue
from gifts.settings import Settings


def first_catalogue() -> bytes:
    """The catalogue that a new system starts with."""
    return files("gifts.data").joinpath("catalogue.json").read_bytes()


async def publish(settings: Settings, text: bytes) -> Published:
    """Check a catalogue and publish it, once.

    Raises:
        CatalogueError: It is not fit to be published; nothing has changed.
    """
    file = read_catalogue(text)

    async def work(conn: Conn) -> Published:
        return await publish_catalogue(conn, file, at=clock.now())

    async with bootstrap.database(settings, process="publish") as pool:
        return await transact(pool, work)
