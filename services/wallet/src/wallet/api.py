"""The process that answers: GraphQL, webhooks and probes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from chassis import clock, probes, serve, telemetry
from chassis.auth import TokenVerifier
from chassis.clock import Clock
from chassis.db import Pool, service_pool
from chassis.graphql import Executor, mount_graphql
from wallet.graphql.context import WalletContext
from wallet.graphql.schema import SCHEMA
from wallet.ledger_gauge import ledger_gauge
from wallet.providers import Seller, Store
from wallet.providers.sandbox import Sandbox
from wallet.providers.stores import stores_of
from wallet.settings import ApiSettings
from wallet.stores.lateness import lateness_gauge
from wallet.webhooks import endpoint
from wallet.webhooks.alarms import alarm_gauge, disputes_gauge


def make_app(
    pool: Pool,
    verifier: TokenVerifier,
    providers: Mapping[str, Seller],
    *,
    now: Clock = clock.now,
) -> FastAPI:
    """The application over an open database."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(telemetry.TracingMiddleware)
    mount_graphql(
        app,
        Executor(SCHEMA),
        verifier=verifier,
        make_context=lambda viewer, request_id: WalletContext.of(
            viewer, request_id, pool=pool, providers=providers, now=now
        ),
    )
    app.include_router(endpoint.make_router(pool, providers, now=now))
    app.router.routes.extend(
        probes.routes(
            [probes.database(pool, ApiSettings.migrations())],
            figures=[
                alarm_gauge(pool, providers),
                disputes_gauge(pool, now=now),
                lateness_gauge(pool, _stores(providers)),
                ledger_gauge(pool),
            ],
        )
    )
    return app


def _stores(providers: Mapping[str, Seller]) -> list[str]:
    return [name for name, provider in providers.items() if isinstance(provider, Store)]


@asynccontextmanager
async def providers_of(settings: ApiSettings) -> AsyncGenerator[Mapping[str, Seller]]:
    """The payment providers by name, closed at the end."""
    offered: list[Seller] = [
        Sandbox(
            url=settings.sandbox_url,
            api_key=settings.sandbox_api_key.get_secret_value(),
            webhook_secrets=settings.sandbox_webhook_secrets,
        )
    ]
    if (account := settings.stripe) is not None:
        # Only where it is used: its library takes a while to load.
        from wallet.providers.stripe import Stripe

        offered.append(
            Stripe(
                api_key=account.api_key.get_secret_value(),
                webhook_secrets=account.webhook_secrets,
                success_url=account.success_url,
                cancel_url=account.cancel_url,
                api_url=account.api_url,
            )
        )
    async with AsyncExitStack() as stack:
        for provider in offered:
            stack.push_async_callback(provider.close)
        stores = await stack.enter_async_context(stores_of(settings))
        yield {**{provider.name: provider for provider in offered}, **stores}


async def run_api(settings: ApiSettings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then finish the requests in flight."""
    async with (
        service_pool(settings, "api") as pool,
        providers_of(settings) as providers,
    ):
        await serve.serve_app(
            make_app(pool, TokenVerifier.of(settings), providers),
            stop,
            host=settings.http_host,
            port=settings.http_port,
            grace_s=settings.shutdown_grace_s,
        )
