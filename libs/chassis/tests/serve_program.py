"""The processes that test_serve.py starts: `serve_program.py SCENARIO PORT GRACE_S`."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from chassis import probes, serve
from chassis.telemetry import logs

log = structlog.get_logger("program")


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    yield
    log.info("lifespan_ended")


async def told_to_finish(event: str) -> None:
    """Say `event`, then wait for the SIGUSR1 with which the test answers."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, told.set)
    log.info(event)
    await told.wait()


async def serve_slowly(_: Request) -> PlainTextResponse:
    await told_to_finish("slow_request_began")
    return PlainTextResponse("done")


async def serve_endlessly(_: Request) -> PlainTextResponse:
    log.info("endless_request_began")
    await asyncio.Event().wait()
    return PlainTextResponse("never")


async def finish_batch_in_hand(stop: asyncio.Event) -> None:
    await stop.wait()
    await told_to_finish("batch_being_finished")
    log.info("batch_finished")


async def fail(_: asyncio.Event) -> None:
    raise LookupError("no such account")


async def main(stop: asyncio.Event) -> None:
    scenario, port, grace_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    match scenario:
        case "app":
            routes = [
                *probes.routes([]),
                Route("/slow", serve_slowly),
                Route("/endless", serve_endlessly),
            ]
            app = Starlette(routes=routes, lifespan=lifespan)
            # In a group, as a service does that has something to run beside its requests.
            async with asyncio.TaskGroup():
                await serve.serve_app(app, stop, host="127.0.0.1", port=port, grace_s=grace_s)
        case _:
            task = {"worker": finish_batch_in_hand, "failing-worker": fail}[scenario]
            await serve.run_tasks(
                {"charges": task}, stop, host="127.0.0.1", port=port, grace_s=grace_s
            )


if __name__ == "__main__":
    logs.configure("test", "program", "json")
    sys.exit(serve.run(main))
