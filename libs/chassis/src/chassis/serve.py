"""Runs a process: signals, listening, long-lived tasks, and an end that loses nothing.

`run` owns the event loop and turns SIGTERM into `stop`. Inside it a service runs `serve_app`, which
finishes the requests in flight, or `run_tasks`, which finishes the batches in hand. Whatever goes
wrong ends the process with one clear log line and a status other than 0; a supervisor starts it
again.
"""

import asyncio
import errno
import gc
import math
import signal
import socket
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal, override

import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette

from chassis import probes, telemetry
from chassis.probes import Check
from chassis.telemetry.asgi import App

type Task = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Works until the event is set, then finishes what it has in hand and returns."""

EXIT_FAILED: Final = 1
EXIT_MISCONFIGURED: Final = 78
"""`EX_CONFIG`: starting again does not help."""

_BACKLOG: Final = 2_048
KEEP_ALIVE_TIMEOUT_S: Final = 75
"""Longer than callers keep an idle connection (httpx 5 s, undici 4 s, most balancers 60 s): whoever
hangs up first, it must not be the server, which would do so just as a request comes in."""
_CANCEL_TIMEOUT_S: Final = 2.0
_REMEDIES: Final = {
    errno.EADDRINUSE: "it is taken: stop what listens there, or set another HTTP_PORT",
    errno.EADDRNOTAVAIL: "this machine has no such address: set another HTTP_HOST",
    errno.EACCES: "it is not permitted: set an HTTP_PORT above 1023",
}

log = structlog.get_logger()


class AddressError(Exception):
    """The address cannot be listened on; the message says why and what to do."""


class StartupError(Exception):
    """The application refused to start; what it logged says why."""


class TaskError(Exception):
    """A task that should go on until told to stop ended; the message names it."""


class GraceError(Exception):
    """Tasks were still busy when the time to drain was over, and were cut off."""


def run(main: Task) -> int:
    """Run `main(stop)` to its end and give the process's exit status.

    `stop` is set by the first SIGTERM or SIGINT; a second one cuts `main` off. What telemetry has
    queued is sent before returning.
    """
    calm_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        status = runner.run(_supervise(main))
    telemetry.shutdown()
    return status


def calm_collector() -> None:
    """Make the garbage collector look for cycles less often, and not among what was imported.

    A batch makes tens of thousands of objects, all of which go without its help; with Python's own
    thresholds it took an eighth of the processor time of charges.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def serve_app(
    app: App,
    stop: asyncio.Event,
    *,
    host: str,
    port: int,
    grace_s: float,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Serve `app` until `stop`, then finish the requests in flight, for `grace_s` at most.

    `options` are more of uvicorn's, or others than ours.

    Raises:
        AddressError: Somebody else listens there, or nobody can.
        StartupError: The application's lifespan failed.
    """
    await _serve(app, _listen(host, port), stop, grace_s, lifespan="on", options=options)


async def run_tasks(
    tasks: Mapping[str, Task],
    stop: asyncio.Event,
    *,
    host: str,
    port: int,
    checks: Sequence[Check] = (),
    grace_s: float,
) -> None:
    """Run long-lived tasks, with probes beside them, until `stop` or until one of them fails.

    On `stop` each task finishes what it has in hand, for `grace_s` at most; the probes answer
    until all have, not ready.

    Args:
        tasks: What to run, by names for the log.
        stop: Ends it all; set here too when a task fails, so that the others finish cleanly.
        host: Where the probes listen.
        port: Where the probes listen.
        checks: What `/readyz` asks.
        grace_s: How long tasks may take to finish.

    Raises:
        AddressError: The probes cannot listen there; no task was started.
        TaskError: A task failed, or returned before it was asked to.
        GraceError: Not every task finished in time.
    """
    listener = _listen(host, port)
    finished = asyncio.Event()
    draining = probes.flag("process", lambda: not stop.is_set(), "stopping")
    app = Starlette(routes=probes.routes([draining, *checks]))
    probing = asyncio.create_task(
        _serve(app, listener, finished, grace_s=1, lifespan="off"), name="probes"
    )
    running = [asyncio.create_task(task(stop), name=name) for name, task in tasks.items()]

    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({*running, probing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    unasked = not stop.is_set()
    ended = [task for task in (*running, probing) if task.done()]
    stop.set()

    late = await _drain(running, grace_s)
    finished.set()
    await asyncio.wait({probing})
    _raise_failure([*running, probing])
    if unasked:
        raise TaskError(f"{ended[0].get_name()} ended though nobody asked it to")
    if late:
        raise GraceError(f"cut off after {grace_s:g} s: {', '.join(late)}")


async def _supervise(main: Task) -> int:
    stop = asyncio.Event()
    work = asyncio.create_task(main(stop), name="main")

    def request_stop(name: str) -> None:
        if stop.is_set():
            log.warning("stop_forced", signal=name)
            work.cancel()
        else:
            log.info("stop_requested", signal=name)
            stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, request_stop, number.name)
    await asyncio.wait({work})
    return _report(work)


def _report(work: asyncio.Task[None]) -> int:
    """Say in one line how the process ended, and give its exit status."""
    if work.cancelled():
        log.error("process_cut_off")
        return EXIT_FAILED
    match _alone(work.exception()):
        case None:
            log.info("process_stopped")
            return 0
        case AddressError() as error:
            log.critical("address_refused", reason=str(error))
            return EXIT_MISCONFIGURED
        case StartupError() | GraceError() as error:
            log.critical("process_failed", reason=str(error))
        case TaskError() as error:
            log.critical("process_failed", reason=str(error), exc_info=error.__cause__)
        case error:
            log.critical("process_failed", reason=repr(error), exc_info=error)
    return EXIT_FAILED


def _alone(error: BaseException | None) -> BaseException | None:
    """Take an error out of the group that a TaskGroup made of it, if it is the only one."""
    match error:
        case BaseExceptionGroup(exceptions=(BaseException() as only,)):
            return _alone(only)
        case _:
            return error


async def _drain(running: Iterable[asyncio.Task[None]], grace_s: float) -> list[str]:
    """Wait for tasks that were asked to stop; cancel those too late and give their names."""
    _, late = await asyncio.wait(running, timeout=grace_s)
    for task in late:
        task.cancel()
    if late:
        # Not for ever: a task may be stuck in a library that swallows cancellation.
        await asyncio.wait(late, timeout=_CANCEL_TIMEOUT_S)
    return sorted(task.get_name() for task in late)


def _raise_failure(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Raise for the first task that failed; log those that failed with it."""
    failed = [
        (task.get_name(), error)
        for task in tasks
        if task.done() and not task.cancelled() and (error := task.exception()) is not None
    ]
    if not failed:
        return
    for name, error in failed[1:]:
        log.error("task_failed", task=name, reason=repr(error), exc_info=error)
    name, error = failed[0]
    raise TaskError(f"{name} failed: {error!r}") from error


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, str(error))
        raise AddressError(f"cannot listen on {host}:{port}: {remedy}") from error
    listener.setblocking(False)
    return listener


async def _serve(
    app: App,
    listener: socket.socket,
    stop: asyncio.Event,
    grace_s: float,
    *,
    lifespan: Literal["on", "off"],
    options: Mapping[str, Any] | None = None,
) -> None:
    used: dict[str, Any] = {
        "http": "httptools",
        "lifespan": lifespan,
        # Lines go through the process's own logging; requests are counted, not logged.
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "backlog": _BACKLOG,
        "timeout_keep_alive": KEEP_ALIVE_TIMEOUT_S,
        "timeout_graceful_shutdown": math.ceil(grace_s),
        **(options or {}),
    }
    server = _Server(uvicorn.Config(app, **used))  # pyright: ignore[reportArgumentType] (same shape, other names)

    async def end() -> None:
        await stop.wait()
        server.should_exit = True

    ending = asyncio.create_task(end())
    log.info("listening", address="{}:{}".format(*listener.getsockname()[:2]))
    try:
        await server.serve([listener])
    except SystemExit as error:
        # uvicorn's word for a lifespan that failed; it has logged the cause.
        raise StartupError("the application failed to start") from error
    finally:
        ending.cancel()
        listener.close()


class _Server(uvicorn.Server):
    """Leaves signals to `run`: uvicorn would raise SIGTERM again at the end, and exit with 143."""

    @contextmanager
    @override
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield
