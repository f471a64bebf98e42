"""What the requests of an api process share."""

from dataclasses import dataclass
from typing import Self

from chassis.db import Pool
from chassis.login import Where
from gifts.domain.level_table import LevelTables
from gifts.domain.room_rules import RoomRules
from gifts.edge.battle_host import BattleHost
from gifts.edge.board_ranks import BoardRanks
from gifts.edge.cached import Cached
from gifts.edge.catalogue import CatalogueCache
from gifts.edge.regrets import Regrets
from gifts.edge.room_host import RoomHost
from gifts.edge.sender import ANSWER_WITHIN_S, GiftSender
from gifts.edge.settlements import Settlements
from gifts.store.level_table import select_tables


@dataclass(frozen=True, slots=True)
class Resources:
    """Made once per process."""

    pool: Pool
    catalogues: CatalogueCache
    sender: GiftSender
    settlements: Settlements
    """To be run beside the requests."""
    rooms: RoomHost
    battles: BattleHost
    ranks: BoardRanks
    level_tables: Cached[LevelTables]
    regrets: Regrets

    @classmethod
    def of(
        cls,
        pool: Pool,
        where: Where,
        *,
        rules: RoomRules | None = None,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> Self:
        """Everything over one database; `where` is for the session that listens to it.

        `rules`: of live rooms; the defaults unless told otherwise.
        """
        catalogues = CatalogueCache(pool)
        settlements = Settlements(pool, where)
        sender = GiftSender(
            pool, catalogues=catalogues, settlements=settlements, answer_within_s=answer_within_s
        )
        rooms = RoomHost(pool, rules or RoomRules(), catalogues=catalogues)
        battles = BattleHost(pool, rules or RoomRules())
        return cls(
            pool,
            catalogues,
            sender,
            settlements,
            rooms,
            battles,
            BoardRanks(pool),
            Cached(pool, select_tables),
            Regrets(pool, rules or RoomRules()),
        )
