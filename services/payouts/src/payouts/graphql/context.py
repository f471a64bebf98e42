"""What resolvers get besides their arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import NamedTuple, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from chassis import clock
from chassis.auth import Viewer
from chassis.clock import Clock
from chassis.db import Pool
from chassis.graphql import Context
from payouts.commands.known_rates import KnownRates
from payouts.domain.agency import Commission
from payouts.domain.earnings import Earnings
from payouts.domain.payout import HistoryStep
from payouts.domain.quarantine import Quarantine
from payouts.domain.rates import RateBook
from payouts.links import Links
from payouts.rails.accounts import AccountHost
from payouts.sealing import Sealer
from payouts.store.commissions import select_of_payouts
from payouts.store.earnings import select_earnings
from payouts.store.payouts import select_history
from payouts.store.quarantines import select_quarantines
from payouts.store.sendings import select_waiting_for


class LoadedEarnings(NamedTuple):
    """A creator's earnings, with what it takes to show them."""

    earnings: Earnings
    day: date
    """As of which day (UTC): one for the whole request, so that its parts agree."""
    book: RateBook
    """Holds every version at which something of it was earned."""


@dataclass(kw_only=True, slots=True)
class PayoutsContext(Context):
    """Of one request to the payouts subgraph."""

    pool: Pool
    rates: KnownRates
    sealer: Sealer
    links: Links
    hosts: Mapping[str, AccountHost]
    """Rails that keep creators' accounts, by name."""
    now: Clock
    earnings: DataLoader[str, LoadedEarnings]
    """By creator id; all that one request asks for come from one statement."""
    histories: DataLoader[UUID, list[HistoryStep]]
    """By payout id, likewise."""
    waiting: DataLoader[UUID, str | None]
    """Why payouts are not with their rails yet, by payout id."""
    commissions: DataLoader[UUID, list[Commission]]
    """What agencies get of payouts, by payout id."""
    quarantines: DataLoader[UUID, Quarantine | None]
    """Whether gifts were frozen, by gift id: check who asks before showing it."""

    @classmethod
    def of(
        cls,
        viewer: Viewer | None,
        request_id: str,
        *,
        pool: Pool,
        rates: KnownRates,
        sealer: Sealer,
        links: Links,
        hosts: Mapping[str, AccountHost] = MappingProxyType({}),
        now: Clock = clock.now,
    ) -> Self:
        """The context of a request that arrives now."""

        async def load(creator_ids: Sequence[str]) -> Sequence[LoadedEarnings]:
            day = now().date()
            async with pool.acquire() as conn:
                found = await select_earnings(conn, creator_ids, day)
                versions = {
                    version
                    for earnings in found.values()
                    for version, _ in earnings.lifetime.by_rate
                }
                book = await rates.covering(conn, versions)
            nothing = Earnings.of(())
            return [
                LoadedEarnings(found.get(creator_id, nothing), day, book)
                for creator_id in creator_ids
            ]

        async def load_histories(payout_ids: Sequence[UUID]) -> Sequence[list[HistoryStep]]:
            async with pool.acquire() as conn:
                found = await select_history(conn, payout_ids)
            return [found[payout_id] for payout_id in payout_ids]

        async def load_waiting(payout_ids: Sequence[UUID]) -> Sequence[str | None]:
            async with pool.acquire() as conn:
                found = await select_waiting_for(conn, payout_ids)
            return [found.get(payout_id) for payout_id in payout_ids]

        async def load_commissions(payout_ids: Sequence[UUID]) -> Sequence[list[Commission]]:
            async with pool.acquire() as conn:
                found = await select_of_payouts(conn, payout_ids)
            return [found[payout_id] for payout_id in payout_ids]

        async def load_quarantines(gift_ids: Sequence[UUID]) -> Sequence[Quarantine | None]:
            async with pool.acquire() as conn:
                rows = await select_quarantines(conn, gift_ids=gift_ids)
            found = {each.gift_id: each for each in rows}
            return [found.get(gift_id) for gift_id in gift_ids]

        return cls(
            viewer=viewer,
            request_id=request_id,
            pool=pool,
            rates=rates,
            sealer=sealer,
            links=links,
            hosts=hosts,
            now=now,
            earnings=DataLoader(load),
            histories=DataLoader(load_histories),
            waiting=DataLoader(load_waiting),
            commissions=DataLoader(load_commissions),
            quarantines=DataLoader(load_quarantines),
        )


type Info = strawberry.Info[PayoutsContext, None]
