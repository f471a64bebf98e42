"""The process that answers: GraphQL, downloads and probes."""

import asyncio

from fastapi import FastAPI

from chassis import probes, serve, telemetry
from chassis.auth import TokenVerifier
from chassis.db import Pool, service_pool
from chassis.graphql import Executor, mount_graphql
from payouts.commands.known_rates import KnownRates
from payouts.edge.statement_download import statement_downloads
from payouts.graphql.context import PayoutsContext
from payouts.graphql.schema import SCHEMA
from payouts.links import Links
from payouts.sealing import Sealer
from payouts.settings import Settings


def make_app(pool: Pool, verifier: TokenVerifier, sealer: Sealer, links: Links) -> FastAPI:
    """The application over an open database."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(telemetry.TracingMiddleware)
    rates = KnownRates()
    mount_graphql(
        app,
        Executor(SCHEMA),
        verifier=verifier,
        make_context=lambda viewer, request_id: PayoutsContext.of(
            viewer, request_id, pool=pool, rates=rates, sealer=sealer, links=links
        ),
    )
    app.router.routes.extend(statement_downloads(pool, links))
    app.router.routes.extend(probes.routes([probes.database(pool, Settings.migrations())]))
    return app


async def run_api(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then finish the requests in flight."""
    async with service_pool(settings, "api") as pool:
        await serve.serve_app(
            make_app(pool, TokenVerifier.of(settings), settings.sealer, settings.links),
            stop,
            host=settings.http_host,
            port=settings.http_port,
            grace_s=settings.shutdown_grace_s,
        )
