"""Publish a version of the level table."""

from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from gifts.domain.level_file import LevelFile, LevelTableError, table_of
from gifts.domain.level_table import LevelTable
from gifts.store import level_table as store
from gifts.store.catalogue import select_catalogues


class Published(NamedTuple):
    """A version that everybody can see."""

    table: LevelTable
    repeated: bool
    """Whether it was published before."""


async def publish_levels(conn: Conn, file: LevelFile, *, at: datetime) -> Published:
    """Publish a checked table, once; it counts from its `effective_from` on.

    Publishing the same again changes nothing, so that it may be part of every set-up.

    Args:
        conn: An open transaction; other publishers wait for its end.
        file: From `read_levels`.
        at: Now.

    Raises:
        LevelTableError: The version exists with other contents, is older than the latest one, would
            take effect in the past or before the latest one, or names an item that is not on sale.
    """
    await store.lock_level_tables(conn)
    table = table_of(file, published_at=at)
    versions = (await store.select_tables(conn)).versions
    known = next((each for each in versions if each.version == file.version), None)
    if known is not None:
        if known == table_of(file, published_at=known.effective_from):
            return Published(known, repeated=True)
        raise LevelTableError(
            f"version {file.version} is published with other contents and never changes: "
            "put the change into a new version"
        )
    if table.effective_from < at:
        raise LevelTableError("effective_from has passed: levels do not change afterwards")
    if versions and versions[0].version > table.version:
        raise LevelTableError(
            f"version {versions[0].version} is published already: go on from there"
        )
    if versions and versions[0].effective_from >= table.effective_from:
        raise LevelTableError(
            f"version {versions[0].version} takes effect at "
            f"{versions[0].effective_from.isoformat()}: a later version takes effect after it"
        )
    catalogue = (await select_catalogues(conn, at=at)).in_force(table.effective_from)
    if catalogue is None or table.club_item_id not in catalogue.by_id:
        raise LevelTableError(
            f"fan_clubs: no item {table.club_item_id} is on sale then: nobody could join"
        )
    await store.insert_table(conn, table)
    return Published(table, repeated=False)
