"""The rate book as it lies in the database."""

from collections.abc import Sequence

from chassis import sql
from chassis.db import Conn
from payouts.domain.rates import DiamondWorth, MicroDiamondsPerCoin, Rate

STATEMENTS = sql.load("payouts.store", "rates.sql")


async def lock_rates(conn: Conn) -> None:
    """Keep other publishers out until the transaction ends."""
    await conn.execute(STATEMENTS["lock_rates"])


async def select_rates(conn: Conn, *, after_version: int = 0) -> Sequence[Rate]:
    """The versions after that one, oldest first."""
    return [
        Rate(
            version=row["version"],
            effective_from=row["effective_from"],
            micro_diamonds_per_coin=MicroDiamondsPerCoin(
                purchased=row["purchased_micro_diamonds_per_coin"],
                bonus=row["bonus_micro_diamonds_per_coin"],
                earned=row["earned_micro_diamonds_per_coin"],
                granted=row["granted_micro_diamonds_per_coin"],
            ),
            diamond_worth=DiamondWorth(
                currency=row["currency"], micro_minor=row["diamond_micro_minor"]
            ),
        )
        for row in await conn.fetch(STATEMENTS["select_rates"], after_version)
    ]


async def insert_rate(conn: Conn, rate: Rate) -> None:
    """Add a version; it can never be changed."""
    await conn.execute(
        STATEMENTS["insert_rate"],
        rate.version,
        rate.effective_from,
        rate.micro_diamonds_per_coin.purchased,
        rate.micro_diamonds_per_coin.bonus,
        rate.micro_diamonds_per_coin.earned,
        rate.micro_diamonds_per_coin.granted,
        rate.diamond_worth.currency,
        rate.diamond_worth.micro_minor,
    )
