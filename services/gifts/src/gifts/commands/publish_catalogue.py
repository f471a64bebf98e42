"""Publish a version of the catalogue."""

from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from gifts.domain.catalogue import Catalogue
from gifts.domain.catalogue_file import CatalogueError, CatalogueFile, catalogue_of
from gifts.store import catalogue as store


class Published(NamedTuple):
    """A version that everybody can see."""

    catalogue: Catalogue
    repeated: bool
    """Whether it was published before."""


async def publish_catalogue(conn: Conn, file: CatalogueFile, *, at: datetime) -> Published:
    """Publish a checked catalogue, once; it counts from its `effective_from` on.

    Publishing the same again changes nothing, so that it may be part of every set-up.

    Args:
        conn: An open transaction; other publishers wait for its end.
        file: From `read_catalogue`.
        at: Now.

    Raises:
        CatalogueError: The version exists with other contents, is older than the latest one, or
            would take effect in the past or before the latest one.
    """
    await store.lock_catalogue(conn)
    catalogue = catalogue_of(file, published_at=at)
    known = await store.find_catalogue(conn, file.version)
    if known is not None:
        if known.items == catalogue.items and file.effective_from in {None, known.effective_from}:
            return Published(known, repeated=True)
        raise CatalogueError(
            f"version {file.version} is published with other contents and never changes: "
            "put the change into a new version"
        )
    if catalogue.effective_from < at:
        raise CatalogueError("effective_from has passed: prices do not change afterwards")
    latest = await store.find_latest(conn)
    if latest is not None and latest.version > catalogue.version:
        raise CatalogueError(f"version {latest.version} is published already: go on from there")
    if latest is not None and latest.effective_from >= catalogue.effective_from:
        raise CatalogueError(
            f"version {latest.version} takes effect at {latest.effective_from.isoformat()}: "
            "a later version takes effect after it"
        )
    await store.insert_catalogue(conn, catalogue)
    return Published(catalogue, repeated=False)
