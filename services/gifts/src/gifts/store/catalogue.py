"""Published catalogues. Versions are written once and never change."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn, Record
from gifts.domain.catalogue import Catalogue, Catalogues, GiftItem

STATEMENTS = sql.load("gifts.store", "catalogue.sql")


class Version(NamedTuple):
    """A published version, without its items."""

    version: int
    effective_from: datetime


async def lock_catalogue(conn: Conn) -> None:
    """Keep other publishers waiting until the transaction ends."""
    await conn.execute(STATEMENTS["lock_catalogue"])


async def insert_catalogue(conn: Conn, catalogue: Catalogue) -> None:
    """Publish a version with its items."""
    items = catalogue.items
    await conn.execute(STATEMENTS["insert_version"], catalogue.version, catalogue.effective_from)
    await conn.execute(
        STATEMENTS["insert_items"],
        catalogue.version,
        [item.item_id for item in items],
        [item.name for item in items],
        [item.tier for item in items],
        [item.price_coins for item in items],
        [item.max_message_length for item in items],
        [item.streakable for item in items],
    )


async def find_latest(conn: Conn) -> Version | None:
    """The version published last, which is also the one to take effect last."""
    row = await conn.fetchrow(STATEMENTS["find_latest"])
    return Version(*row) if row is not None else None


async def find_catalogue(conn: Conn, version: int) -> Catalogue | None:
    """A published version with its items."""
    row = await conn.fetchrow(STATEMENTS["find_version"], version)
    if row is None:
        return None
    return (await _with_items(conn, [Version(*row)]))[0]


async def select_catalogues(conn: Conn, *, at: datetime) -> Catalogues:
    """The version in force at `at`, those to come, and every item of any version."""
    versions = [Version(*row) for row in await conn.fetch(STATEMENTS["select_versions"], at)]
    known = await conn.fetch(STATEMENTS["select_known_items"], at)
    return Catalogues(
        versions=tuple(await _with_items(conn, versions)),
        known={row["item_id"]: _item_of(row) for row in known},
    )


async def _with_items(conn: Conn, versions: Sequence[Version]) -> list[Catalogue]:
    items: dict[int, list[GiftItem]] = {version.version: [] for version in versions}
    for row in await conn.fetch(STATEMENTS["select_items"], list(items)):
        items[row["version"]].append(_item_of(row))
    return [
        Catalogue(version.version, version.effective_from, tuple(items[version.version]))
        for version in versions
    ]


def _item_of(row: Record) -> GiftItem:
    return GiftItem(
        item_id=row["item_id"],
        name=row["name"],
        tier=row["tier"],
        price_coins=row["price_coins"],
        max_message_length=row["max_message_length"],
        streakable=row["streakable"],
    )
