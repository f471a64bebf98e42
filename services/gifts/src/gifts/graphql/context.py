"""What resolvers get besides their arguments."""

from dataclasses import dataclass
from typing import Self

import strawberry

from chassis.auth import Viewer
from chassis.db import Pool
from chassis.graphql import Context
from gifts.domain.level_table import LevelTables
from gifts.edge.battle_host import BattleHost
from gifts.edge.board_ranks import BoardRanks
from gifts.edge.cached import Cached
from gifts.edge.catalogue import CatalogueCache
from gifts.edge.regrets import Regrets
from gifts.edge.resources import Resources
from gifts.edge.room_host import RoomHost
from gifts.edge.sender import GiftSender
from gifts.graphql.loaders import Loaders


@dataclass(kw_only=True, slots=True)
class GiftsContext(Context):
    """Of one request."""

    pool: Pool
    catalogues: CatalogueCache
    sender: GiftSender
    rooms: RoomHost
    battles: BattleHost
    ranks: BoardRanks
    level_tables: Cached[LevelTables]
    regrets: Regrets
    loaders: Loaders

    @classmethod
    def of(cls, resources: Resources, viewer: Viewer | None, request_id: str) -> Self:
        """The context of a request by `viewer`."""
        return cls(
            viewer=viewer,
            request_id=request_id,
            pool=resources.pool,
            catalogues=resources.catalogues,
            sender=resources.sender,
            rooms=resources.rooms,
            battles=resources.battles,
            ranks=resources.ranks,
            level_tables=resources.level_tables,
            regrets=resources.regrets,
            loaders=Loaders(resources.pool),
        )


type Info = strawberry.Info[GiftsContext, None]
