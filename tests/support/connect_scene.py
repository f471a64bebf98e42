"""A creator with an account at a Stripe that holds state, and the payout run, by one clock."""

import stripe
from fastapi import FastAPI

from chassis.auth import KeySet, TokenVerifier
from chassis.db import transaction
from chassis.ids import uuid7
from chassis.testing.databases import Database
from payouts.api import make_app
from payouts.commands.add_hosted_method import add_hosted_method
from payouts.commands.add_payout_method import AddPayoutMethod
from payouts.domain.method import PayoutMethod, read_hosted
from payouts.domain.payout import Payout, PayoutStatus
from payouts.domain.review import Standing
from payouts.edge.account_watch import AccountWatch
from payouts.edge.payout_run import PayoutRun
from payouts.rails.stripe_accounts import NAME, StripeAccounts
from payouts.rails.stripe_connect import StripeConnect
from payouts.rails.stripe_webhooks import StripeSender
from payouts.store.methods import find_method
from payouts.store.payouts import find_payout, select_history
from payouts.store.reviews import find_standing
from payouts.store.sendings import select_waiting_for
from payouts.testing.paying import CREATOR, LINKS, SEALER, request
from support.bank_scene import TEN_DOLLARS, Clock
from support.stripe_stand_in import StripeStandIn

SECRETS = ("whsec_of_the_platform", "whsec_of_connected_accounts")


class ConnectScene:
    """What there is around one creator."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.stripe = StripeStandIn()
        self.method: PayoutMethod
        api = self.stripe.api()
        self.rail = StripeConnect(api, database.pool, now=self.clock)
        self.host = StripeAccounts(
            api,
            return_url="https://app.example/paid-out",
            refresh_url="https://app.example/again",
        )
        self.app = self._app()

    def _app(self) -> FastAPI:
        verifier = TokenVerifier(KeySet("file:///nowhere.json"), issuer="test", audience="x")
        return make_app(
            self.database.pool,
            verifier,
            SEALER,
            LINKS,
            hosts={NAME: self.host},
            senders={NAME: StripeSender(SECRETS)},
            now=self.clock,
        )

    async def add_method(
        self, creator_id: str = CREATOR, *, currency: str = "USD", country: str = "US"
    ) -> PayoutMethod:
        """As the mutation does."""
        method_id = uuid7()
        details = read_hosted(country=country, currency=currency)
        order = AddPayoutMethod(method_id, creator_id, NAME, details)
        account_id = await self.host.open_account(method_id, country=country, currency=currency)
        async with transaction(self.database.pool) as conn:
            added = await add_hosted_method(conn, order, account_id, SEALER, at=self.clock.now)
        return added.method

    @property
    def account_id(self) -> str:
        """Of the first account that Stripe opened."""
        return next(iter(self.stripe.accounts))

    async def watch(self) -> None:
        """As a worker that was just started would."""
        await AccountWatch(self.database.pool, {NAME: self.host}, SEALER, now=self.clock).once()

    def _run(self) -> PayoutRun:
        return PayoutRun(self.database.pool, {NAME: self.rail}, SEALER, now=self.clock)

    async def run(self, times: int = 1) -> None:
        """As a worker would, with time for pauses in between."""
        for _ in range(times):
            await self._run().once()
            self.clock.forward(days=1)

    async def reconcile(self) -> None:
        await self._run().reconcile()

    async def payout(self) -> Payout:
        return (
            await request(self.database.pool, self.method, TEN_DOLLARS, at=self.clock.now)
        ).payout

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

    async def standing(self, creator_id: str = CREATOR) -> Standing:
        async with self.database.pool.acquire() as conn:
            return await find_standing(conn, creator_id)

    async def method_now(self, method: PayoutMethod | None = None) -> PayoutMethod:
        async with self.database.pool.acquire() as conn:
            found = await find_method(conn, (method or self.method).method_id)
        assert found is not None
        return found

    def signature(self, body: bytes, *, age_s: int = 0, secret: str = SECRETS[1]) -> str:
        at_s = int(self.clock().timestamp()) - age_s
        return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at_s)
