"""A creator, the payout run and the real sandbox bank, in one process and by one clock."""

from datetime import datetime, timedelta

import httpx

from chassis.testing.databases import Database
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import Payout, PayoutStatus
from payouts.edge.payout_run import PayoutRun
from payouts.rails import Rail
from payouts.rails.sandbox_bank import SandboxBank
from payouts.store.payouts import find_payout, select_history
from payouts.store.sendings import select_waiting_for
from payouts.testing.paying import NOW, SEALER, request
from sandbox_bank.app import make_app
from sandbox_bank.store import Store

TEN_DOLLARS = 2_000_000_000
NET_MINOR = 965
"""What is left of ten dollars after fees."""


class Clock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Scene:
    """A creator with a method and 50 dollars, the run, and the bank."""

    def __init__(
        self, database: Database, method: PayoutMethod, store: Store, clock: Clock
    ) -> None:
        self.database = database
        self.method = method
        self.bank = store
        self.clock = clock
        self.rail = SandboxBank(
            url="http://bank",
            api_key="key",
            transport=httpx.ASGITransport(make_app(store, api_key="key")),
        )

    async def payout(self) -> Payout:
        return (
            await request(self.database.pool, self.method, TEN_DOLLARS, at=self.clock.now)
        ).payout

    async def run(self, rail: Rail | None = None) -> None:
        """As a worker that was just started would."""
        await self._run(rail or self.rail).once()

    async def reconcile(self, rail: Rail | None = None) -> None:
        """As a worker would, now and then."""
        await self._run(rail or self.rail).reconcile()

    def _run(self, rail: Rail) -> PayoutRun:
        return PayoutRun(self.database.pool, {rail.name: rail}, SEALER, now=self.clock)

    async def status(self, payout: Payout) -> PayoutStatus:
        async with self.database.pool.acquire() as conn:
            found = await find_payout(conn, payout.payout_id)
        assert found is not None
        return found.status

    async def history(self, payout: Payout) -> list[tuple[str, str | None]]:
        async with self.database.pool.acquire() as conn:
            found = await select_history(conn, [payout.payout_id])
        return [(step.status, step.reason) for step in found[payout.payout_id]]

    async def waits_for(self, payout: Payout) -> str | None:
        async with self.database.pool.acquire() as conn:
            return (await select_waiting_for(conn, [payout.payout_id])).get(payout.payout_id)

    async def taken(self) -> int:
        return await self.database.pool.fetchval(
            "SELECT sum(taken_micro_diamonds) FROM earning_bucket"
        )

    def transfers(self) -> list[tuple[str, int, str]]:
        return [
            (each.terms.key, each.terms.amount_minor, each.status) for each in self.bank.report()
        ]
