"""What the requests of an api process share."""

from dataclasses import dataclass
from typing import Self

from chassis.db import Pool
from gifts.edge.catalogue import CatalogueCache
from gifts.edge.sender import ANSWER_WITHIN_S, GiftSender
from gifts.edge.settlements import Settlements


@dataclass(frozen=True, slots=True)
class Resources:
    """Made once per process."""

    pool: Pool
    catalogues: CatalogueCache
    sender: GiftSender
    settlements: Settlements
    """To be run beside the requests."""

    @classmethod
    def of(cls, pool: Pool, dsn: str, *, answer_within_s: float = ANSWER_WITHIN_S) -> Self:
        """Everything over one database; `dsn` is for the session that listens to it."""
        catalogues = CatalogueCache(pool)
        settlements = Settlements(pool, dsn)
        sender = GiftSender(
            pool, catalogues=catalogues, settlements=settlements, answer_within_s=answer_within_s
        )
        return cls(pool, catalogues, sender, settlements)
