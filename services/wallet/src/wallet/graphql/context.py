"""What resolvers get besides their arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import strawberry
from strawberry.dataloader import DataLoader

from chassis import clock
from chassis.auth import Viewer
from chassis.clock import Clock
from chassis.db import Pool
from chassis.graphql import Context
from wallet.domain.limits import UNLIMITED, Limits
from wallet.providers import Seller
from wallet.store.balances import Holding, select_holdings
from wallet.store.limits import select_limits_of

_NOTHING: Final = Holding(debt_coins=0, lots=())


@dataclass(kw_only=True, slots=True)
class WalletContext(Context):
    """Of one request to the wallet subgraph."""

    pool: Pool
    providers: Mapping[str, Seller]
    now: Clock
    holdings: DataLoader[str, Holding]
    """By user id; all that one request asks for come from one statement."""
    limits: DataLoader[str, Limits]
    """The same for spend limits."""

    @classmethod
    def of(
        cls,
        viewer: Viewer | None,
        request_id: str,
        *,
        pool: Pool,
        providers: Mapping[str, Seller],
        now: Clock = clock.now,
    ) -> Self:
        """The context of a request that arrives now."""

        async def load(user_ids: Sequence[str]) -> Sequence[Holding]:
            async with pool.acquire() as conn:
                held = await select_holdings(conn, user_ids, now())
            return [held.get(user_id, _NOTHING) for user_id in user_ids]

        async def load_limits(user_ids: Sequence[str]) -> Sequence[Limits]:
            async with pool.acquire() as conn:
                known = await select_limits_of(conn, user_ids)
            return [known.get(user_id, UNLIMITED) for user_id in user_ids]

        return cls(
            viewer=viewer,
            request_id=request_id,
            pool=pool,
            providers=providers,
            now=now,
            holdings=DataLoader(load),
            limits=DataLoader(load_limits),
        )


type Info = strawberry.Info[WalletContext, None]
