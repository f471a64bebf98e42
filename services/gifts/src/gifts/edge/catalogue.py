"""The catalogue, kept in memory: it is needed at each gift and changes a few times a year."""

from collections.abc import Iterable

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool
from gifts.domain.catalogue import Catalogues
from gifts.domain.gift import Gift
from gifts.edge.cached import Cached
from gifts.store.catalogue import select_catalogues


class CatalogueCache(Cached[Catalogues]):
    """A version that takes effect at once can stay unseen for a while. Announced ones never are."""

    def __init__(self, pool: Pool, *, now: Clock = clock.now) -> None:
        async def read(conn: Conn) -> Catalogues:
            return await select_catalogues(conn, at=now())

        super().__init__(pool, read)

    async def covering(self, gifts: Iterable[Gift]) -> Catalogues:
        """The catalogues, with the items of these gifts among them.

        Another process may have sold an item of a version that this one has not seen yet.
        """
        catalogues = await self.get()
        if all(gift.item_id in catalogues.known for gift in gifts):
            return catalogues
        return await self.read()
