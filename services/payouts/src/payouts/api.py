"""The process that answers: GraphQL, downloads and probes."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from fastapi import FastAPI

from chassis import clock, probes, serve, telemetry
from chassis.auth import TokenVerifier
from chassis.clock import Clock
from chassis.db import Pool, service_pool
from chassis.graphql import Executor, mount_graphql
from payouts.commands.known_rates import KnownRates
from payouts.edge import rail_webhooks
from payouts.edge.hold_clerk import holds_gauge
from payouts.edge.statement_download import statement_downloads
from payouts.edge.waiting_gauge import waiting_gauge
from payouts.graphql.context import PayoutsContext
from payouts.graphql.schema import SCHEMA
from payouts.links import Links
from payouts.rails.accounts import AccountHost
from payouts.rails.hosts import hosts_of, senders_of
from payouts.rails.sender import Sender
from payouts.sealing import Sealer
from payouts.settings import ApiSettings


def make_app(
    pool: Pool,
    verifier: TokenVerifier,
    sealer: Sealer,
    links: Links,
    *,
    hosts: Mapping[str, AccountHost] = MappingProxyType({}),
    senders: Mapping[str, Sender] = MappingProxyType({}),
    now: Clock = clock.now,
) -> FastAPI:
    """The application over an open database.

    Args:
        pool: The database.
        verifier: Of viewers' tokens.
        sealer: Of bank details.
        links: To downloads.
        hosts: Rails that keep accounts, by name.
        senders: Rails that tell by webhooks, by name.
        now: The clock.
    """
    app = FastAPI(openapi_url=None)
    app.add_middleware(telemetry.TracingMiddleware)
    rates = KnownRates()
    mount_graphql(
        app,
        Executor(SCHEMA),
        verifier=verifier,
        make_context=lambda viewer, request_id: PayoutsContext.of(
            viewer,
            request_id,
            pool=pool,
            rates=rates,
            sealer=sealer,
            links=links,
            hosts=hosts,
            now=now,
        ),
    )
    app.router.routes.extend(statement_downloads(pool, links))
    app.include_router(rail_webhooks.make_router(pool, senders, now=now))
    app.router.routes.extend(
        probes.routes(
            [probes.database(pool, ApiSettings.migrations())],
            figures=[
                rail_webhooks.alarm_gauge(pool, senders),
                holds_gauge(pool),
                waiting_gauge(pool),
            ],
        )
    )
    return app


async def run_api(settings: ApiSettings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then finish the requests in flight."""
    async with service_pool(settings, "api") as pool, hosts_of(settings) as hosts:
        await serve.serve_app(
            make_app(
                pool,
                TokenVerifier.of(settings),
                settings.sealer,
                settings.links,
                hosts=hosts,
                senders=senders_of(settings),
            ),
            stop,
            host=settings.http_host,
            port=settings.http_port,
            grace_s=settings.shutdown_grace_s,
        )
