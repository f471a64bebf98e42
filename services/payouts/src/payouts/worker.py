"""The process that works: accrues gifts, tells what has matured, sends payouts, reviews holds,
issues statements."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from chassis import worker
from chassis.db import Pool, service_pool
from chassis.periodic import repeated
from payouts.consumers.gift_sent import gift_sent
from payouts.edge import hold_clerk, maturity_clock
from payouts.edge.account_watch import AccountWatch
from payouts.edge.hold_clerk import HoldClerk
from payouts.edge.maturity_clock import MaturityClock
from payouts.edge.payout_run import PayoutRun
from payouts.edge.statement_clerk import StatementClerk
from payouts.rails import Rail
from payouts.rails.hosts import hosts_of
from payouts.rails.sandbox_bank import SandboxBank
from payouts.settings import WorkerSettings


@asynccontextmanager
async def rails_of(settings: WorkerSettings, pool: Pool) -> AsyncGenerator[Mapping[str, Rail]]:
    """The rails by name, closed at the end."""
    bank = SandboxBank(
        url=settings.sandbox_bank_url, api_key=settings.sandbox_bank_api_key.get_secret_value()
    )
    rails: list[Rail] = [bank]
    if (platform := settings.stripe) is not None:
        # Only where it is used: its library takes a while to load.
        from payouts.rails.stripe_api import StripeApi
        from payouts.rails.stripe_connect import StripeConnect

        api = StripeApi(api_key=platform.api_key.get_secret_value(), api_url=platform.api_url)
        rails.append(StripeConnect(api, pool))
    async with AsyncExitStack() as stack:
        for rail in rails:
            stack.push_async_callback(rail.close)
        yield {rail.name: rail for rail in rails}


async def run_worker(settings: WorkerSettings, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish the batch in hand."""
    async with (
        service_pool(settings, "worker") as pool,
        rails_of(settings, pool) as rails,
        hosts_of(settings) as hosts,
    ):
        watch = AccountWatch(pool, hosts, settings.sealer)
        run = PayoutRun(pool, rails, settings.sealer)
        clerk = StatementClerk(pool, lag=timedelta(seconds=settings.statement_lag_s))
        holds = HoldClerk(pool)
        maturity = MaturityClock(pool)
        await worker.run_worker(
            settings,
            stop,
            pool=pool,
            subscriptions=[gift_sent()],
            tasks={
                name: repeated(work, every_s=every_s, name=name)
                for name, work, every_s in (
                    ("payout_run", run.once, settings.payout_run_every_s),
                    ("account_watch", watch.once, settings.payout_run_every_s),
                    ("reconciliation", run.reconcile, settings.reconcile_every_s),
                    ("holds", holds.once, hold_clerk.LOOK_EVERY_S),
                    ("maturity", maturity.once, maturity_clock.LOOK_EVERY_S),
                    ("statements", clerk.once, settings.statement_mark_every_s),
                )
            },
        )
