"""What the requests of an api process share."""

from dataclasses import dataclass

from chassis.db import Pool
from gifts.edge.catalogue import CatalogueCache
from gifts.edge.sender import GiftSender


@dataclass(frozen=True, slots=True)
class Resources:
    """Made once, by `gifts.bootstrap`."""

    pool: Pool
    catalogues: CatalogueCache
    sender: GiftSender
