"""The process that answers: GraphQL and probes."""

import asyncio

from fastapi import FastAPI

from chassis import probes, serve, telemetry
from chassis.auth import TokenVerifier
from chassis.db import service_pool
from chassis.graphql import Executor, mount_graphql
from gifts.edge.resources import Resources
from gifts.graphql.context import GiftsContext
from gifts.graphql.schema import SCHEMA
from gifts.settings import ApiSettings


def make_app(resources: Resources, verifier: TokenVerifier) -> FastAPI:
    """The application over an open database."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(telemetry.TracingMiddleware)
    mount_graphql(
        app,
        Executor(SCHEMA),
        verifier=verifier,
        make_context=lambda viewer, request_id: GiftsContext.of(resources, viewer, request_id),
    )
    checks = [probes.database(resources.pool, ApiSettings.migrations())]
    app.router.routes.extend(probes.routes(checks))
    return app


async def run_api(settings: ApiSettings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then finish the requests in flight."""
    async with service_pool(settings, "api") as pool, asyncio.TaskGroup() as tasks:
        resources = Resources.of(pool, settings.login, rules=settings.room_rules)
        # Goes on until the last request is answered: those in flight wait for their gifts.
        settlements = tasks.create_task(resources.settlements.run())
        await serve.serve_app(
            make_app(resources, TokenVerifier.of(settings)),
            stop,
            host=settings.http_host,
            port=settings.http_port,
            grace_s=settings.shutdown_grace_s,
        )
        settlements.cancel()
