"""The background half of `make run`: starts the stack on the well-known ports and keeps it up."""

import os
import signal
import sys

from local_stack import docker, paths, ports
from local_stack.addresses import Addresses, given_server, load
from local_stack.databases import password
from local_stack.file_lock import FileLock
from local_stack.home import Home
from local_stack.problem import LocalProblemError
from local_stack.processes import end, end_stack, leader, living
from local_stack.stack import Stack

HOME = Home(paths.LOCAL)
SUPERVISOR = "supervisor"


def running() -> Addresses | None:
    """The addresses of the stack of `make run` if it is up and watched, else None."""
    return load(HOME) if leader(HOME, SUPERVISOR) is not None else None


def supervise() -> None:
    """Start everything, then keep it running until SIGTERM; says what happens on standard error.

    Raises:
        LocalProblemError: A part does not come up; nothing is left running then.
    """
    alone = FileLock(HOME.lock(SUPERVISOR))
    if not alone.try_acquire():
        raise LocalProblemError("the stack is supervised already: make stop ends it")
    HOME.pid_file(SUPERVISOR).write_text(f"{os.getpid()}\n")
    # Left by a supervisor that was killed, like the processes: nothing is up at these addresses.
    HOME.addresses.unlink(missing_ok=True)
    left = living(HOME)
    if left:
        _say(f"ending {len(left)} processes that a killed supervisor has left")
        end(left, grace_s=30)
    stack = _stack()
    try:
        stack.start()
        stack.addresses.save(HOME)
        _say("everything is up")
        signal.pause()
    finally:
        HOME.addresses.unlink(missing_ok=True)
        stack.stop_all()
        _say("everything is stopped")


def stop() -> None:
    """End the stack of `make run`, whether it is watched, half up or orphaned.

    Raises:
        LocalProblemError: Its containers, where it has some, cannot be stopped.
    """
    count = end_stack(HOME, SUPERVISOR)
    containers = _containers()
    if containers is not None:
        containers.stop()
    print(f"stopped {count} processes" if count else "nothing was running")


def _stack() -> Stack:
    return Stack(
        HOME,
        ports.configured(),
        postgres_dsn=given_server("POSTGRES_DSN"),
        kafka_servers=given_server("KAFKA_SERVERS"),
        containers=_containers(),
        say=_say,
    )


def _containers() -> docker.Containers | None:
    if not docker.answers():
        return None
    return docker.Containers(docker.project("run"), ports.configured(), password(HOME, "superuser"))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
