"""The api process: GraphQL and probes."""

import asyncio

from fastapi import FastAPI

from chassis import probes, serve, telemetry
from chassis.auth import KeySet, TokenVerifier
from chassis.graphql import Executor, mount_graphql
from gifts import bootstrap
from gifts.edge.resources import Resources
from gifts.graphql.context import GiftsContext
from gifts.graphql.schema import SCHEMA
from gifts.settings import Settings


def make_app(settings: Settings, resources: Resources) -> FastAPI:
    """The application on connected resources."""
    app = FastAPI(title="gifts", openapi_url=None)
    app.add_middleware(telemetry.TracingMiddleware)
    verifier = TokenVerifier(
        KeySet(settings.token_jwks_url),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
    )
    mount_graphql(
        app,
        Executor(SCHEMA),
        verifier=verifier,
        make_context=lambda viewer, request_id: GiftsContext.of(resources, viewer, request_id),
    )
    checks = [probes.database(resources.pool, bootstrap.MIGRATIONS)]
    app.router.routes.extend(probes.routes(checks))
    return app


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop`; requests in flight get their answers."""
    async with bootstrap.api(settings) as api, asyncio.TaskGroup() as tasks:
        # Goes on until the last request is answered: those in flight wait for their gifts.
        settlements = tasks.create_task(api.settlements.run())
        await serve.serve_app(
            make_app(settings, api.resources),
            stop,
            host=settings.http_host,
            port=settings.http_port,
            grace_s=settings.shutdown_grace_s,
        )
        settlements.cancel()
