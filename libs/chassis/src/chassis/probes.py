"""What a process answers to its orchestrator: is it alive, is it ready, what does it count.

- `/livez` answers as long as the event loop turns; whatever must end the process ends it itself.
- `/readyz` asks every check; the first that fails is named in one line of JSON, with 503.
- `/metrics` is for Prometheus. Figures that stand in a database are read when they are asked for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from chassis import migrate
from chassis.db import OUTAGES, Pool
from chassis.telemetry import metrics

CHECK_TIMEOUT_S: Final = 2.0
"""Longer than any healthy check takes, shorter than an orchestrator's patience."""

log = structlog.get_logger()


class Check(NamedTuple):
    """One thing that must hold before this process should be given work."""

    name: str
    find_fault: Callable[[], Awaitable[str | None]]
    """Says what is wrong, in words for an operator; None when nothing is."""


def flag(name: str, holds: Callable[[], bool], otherwise: str) -> Check:
    """Check a condition that the process knows without asking anybody."""

    async def find_fault() -> str | None:
        return None if holds() else otherwise

    return Check(name, find_fault)


def database(pool: Pool, migrations: str) -> Check:
    """Check that the database answers and has every migration of the package `migrations`."""

    async def find_fault() -> str | None:
        try:
            async with pool.acquire() as conn:
                await migrate.check_version(conn, migrations)
        except migrate.SchemaVersionError as error:
            return str(error)
        except OUTAGES as error:
            return f"not reachable: {error!r}"
        return None

    return Check("database", find_fault)


type Figure = Callable[[], Awaitable[None]]
"""Brings a gauge up to date, by asking whoever knows."""


def routes(checks: Sequence[Check], *, figures: Sequence[Figure] = ()) -> list[Route]:
    """The three routes; add them to an application's routes.

    Args:
        checks: What `/readyz` asks.
        figures: What `/metrics` reads first. In an outage they keep their last value.
    """

    async def livez(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readyz(_: Request) -> Response:
        for check in checks:
            fault = await _fault_of(check)
            if fault is not None:
                return JSONResponse(
                    {"ready": False, "check": check.name, "reason": fault}, status_code=503
                )
        return JSONResponse({"ready": True})

    async def show_metrics(_: Request) -> Response:
        await _read_figures(figures)
        return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)

    return [
        Route("/livez", livez),
        Route("/readyz", readyz),
        Route("/metrics", show_metrics),
    ]


async def _fault_of(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check.find_fault()
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:g} s"


async def _read_figures(figures: Sequence[Figure]) -> None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            for read in figures:
                await read()
    except OUTAGES as error:
        log.warning("figures_not_read", reason=repr(error))
