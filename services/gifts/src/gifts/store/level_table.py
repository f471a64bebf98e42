"""Published level tables."""

from chassis import sql
from chassis.db import Conn
from gifts.domain.level_table import LevelTable, LevelTables

STATEMENTS = sql.load("gifts.store", "level_table.sql")


async def lock_level_tables(conn: Conn) -> None:
    """Keep other publishers waiting until the transaction ends."""
    await conn.execute(STATEMENTS["lock_level_tables"])


async def insert_table(conn: Conn, table: LevelTable) -> None:
    """Publish a version with its steps."""
    await conn.execute(
        STATEMENTS["insert_table"],
        table.version,
        table.effective_from,
        table.kept_days,
        table.club_item_id,
        table.club_active_days,
        table.club_decay_days,
        table.club_decay_keeps_pct,
    )
    for ladder, steps in (("gifters", table.gifter_points), ("fan_clubs", table.club_points)):
        await conn.execute(STATEMENTS["insert_steps"], table.version, ladder, steps)


async def select_tables(conn: Conn) -> LevelTables:
    """All versions."""
    return LevelTables(
        tuple(
            LevelTable(
                version=row["version"],
                effective_from=row["effective_from"],
                kept_days=row["kept_days"],
                gifter_points=tuple(row["gifter_points"]),
                club_item_id=row["club_item_id"],
                club_active_days=row["club_active_days"],
                club_decay_days=row["club_decay_days"],
                club_decay_keeps_pct=row["club_decay_keeps_pct"],
                club_points=tuple(row["club_points"]),
            )
            for row in await conn.fetch(STATEMENTS["select_tables"])
        )
    )
