"""The process that answers: GraphQL, webhooks and probes."""

import asyncio
from collections.abc import Mapping

from fastapi import FastAPI

from chassis import clock, probes, serve, telemetry
from chassis.auth import KeySet, TokenVerifier
from chassis.clock import Clock
from chassis.db import Pool
from chassis.graphql import Executor, mount_graphql
from wallet import bootstrap
from wallet.graphql.context import WalletContext
from wallet.graphql.schema import SCHEMA
from wallet.providers import Provider
from wallet.settings import Settings
from wallet.webhooks import endpoint
from wallet.webhooks.alarms import alarm_gauge


def make_app(
    pool: Pool,
    verifier: TokenVerifier,
    providers: Mapping[str, Provider],
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
            [probes.database(pool, bootstrap.MIGRATIONS)], figures=[alarm_gauge(pool, providers)]
        )
    )
    return app


def _token_verifier(settings: Settings) -> TokenVerifier:
    """Checks the tokens of callers."""
    return TokenVerifier(
        KeySet(settings.token_jwks_url),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
    )


async def run_api(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then finish the requests in flight."""
    async with (
        bootstrap.pool_of(settings, "api") as pool,
        bootstrap.providers_of(settings) as providers,
    ):
        await serve.serve_app(
            make_app(pool, _token_verifier(settings), providers),
            stop,
            host=settings.http_host,
            port=settings.http_port,
            grace_s=settings.shutdown_grace_s,
        )
