"""PostgreSQL and Kafka for tests: one pair for all who ask, started once, gone when idle.

`ensure()` is what test fixtures call. In this order it takes

1. the addresses in LARGESSE_POSTGRES_DSN and LARGESSE_KAFKA_SERVERS;
2. containers of deploy/compose.yaml, where a Docker engine answers;
3. local processes under `.local/test`, with their data in memory where there is enough of it.

The processes of 2 and 3 are kept by a keeper in the background. Whoever uses the servers holds a
shared lock on a file; the kernel lets it go however the user ends. The keeper stops the servers and
itself when it has been able to take that lock for itself for a while.
"""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import psutil

from local_stack import docker, kafka, memory, paths, ports, postgres
from local_stack.addresses import given_server
from local_stack.databases import password
from local_stack.file_lock import FileLock
from local_stack.home import Home
from local_stack.problem import LocalProblemError
from local_stack.processes import end, end_stack, living, spawn_detached, wait_until
from local_stack.supervisor import Supervisor, last_line

IDLE_S = 60.0
"""How long the servers outlive their last user, so that the next run finds them warm."""

_HOME = Home(paths.LOCAL / "test")
_KEEPER = "keeper"
_START_TIMEOUT_S = 120.0

# Held until this process ends: see the module's docstring.
_use = FileLock(_HOME.lock("users"))
_known: "Servers | None" = None


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the real servers are."""

    postgres_dsn: str
    """An account that may create roles and databases."""
    kafka_servers: str
    """Comma-separated host:port pairs."""


def ensure() -> Servers:
    """The servers for tests, started if nobody has started them yet; stays valid until we end.

    Safe to call from many processes at once, and again and again.

    Raises:
        LocalProblemError: They do not come up.
    """
    global _known
    if _known is None:
        dsn = given_server("POSTGRES_DSN")
        brokers = given_server("KAFKA_SERVERS")
        if dsn is not None and brokers is not None:
            _known = Servers(dsn, brokers)
        else:
            found = _join()
            _known = Servers(dsn or found.postgres_dsn, brokers or found.kafka_servers)
    return _known


def _join() -> Servers:
    _use.acquire(shared=True)
    # Whoever holds this lock starts the servers, or stops them: the others wait and look again.
    with FileLock(_HOME.lock("start")):
        if not _keeper_lives():
            _start_keeper()
        found = json.loads(_HOME.addresses.read_text())
    return Servers(**found)


def _keeper_lives() -> bool:
    probe = FileLock(_HOME.lock(_KEEPER))
    if probe.try_acquire():
        probe.release()
        return False
    return _HOME.addresses.exists()


def _start_keeper() -> None:
    _HOME.addresses.unlink(missing_ok=True)
    command = [sys.executable, "-m", "local_stack", "keep-test-servers"]
    pid = spawn_detached(_HOME, _KEEPER, command)
    wait_until(
        lambda: _HOME.addresses.exists() or not psutil.pid_exists(pid), timeout_s=_START_TIMEOUT_S
    )
    if not _HOME.addresses.exists():
        log = _HOME.log(_KEEPER)
        raise LocalProblemError(
            f"the servers for tests do not come up ({last_line(log)}): see {log}"
        )


def keep() -> None:
    """Start the servers, serve until nobody uses them, stop them. Runs in the background.

    Raises:
        LocalProblemError: They do not come up.
    """
    alive = FileLock(_HOME.lock(_KEEPER))
    if not alive.try_acquire():
        raise LocalProblemError("the servers for tests are kept already: use `servers.ensure()`")
    # Left by a keeper that was killed. What they held is of no use without them.
    end(living(_HOME), grace_s=10)
    memory.link(_HOME.path / "data")
    used = ports.free()
    try:
        if docker.answers():
            _keep_containers(used)
        else:
            _keep_processes(used)
    finally:
        memory.unlink(_HOME.path / "data")


def _keep_containers(used: Mapping[str, int]) -> None:
    secret = password(_HOME, "superuser")
    containers = docker.Containers(docker.project("test"), used, secret, durable=False)
    # Left by a keeper that was killed, as above.
    containers.remove()
    try:
        containers.start()
        _serve(Servers(containers.postgres_dsn, containers.kafka_servers))
    finally:
        containers.remove()


def _keep_processes(used: Mapping[str, int]) -> None:
    secret = password(_HOME, "superuser")
    supervisor = Supervisor(_HOME, lambda line: print(line, file=sys.stderr, flush=True))
    try:
        kafka.prepare(_HOME, used)
        kafka_spec = kafka.spec(_HOME, used, durable=False)
        supervisor.start(kafka_spec, [used[name] for name in kafka_spec.port_names])
        postgres.prepare(_HOME, used, secret, durable=False)
        postgres_spec = postgres.spec(_HOME, used)
        supervisor.start(postgres_spec, [used[name] for name in postgres_spec.port_names])
        for name in supervisor.running():
            supervisor.wait_ready(name, timeout_s=60)
        _serve(Servers(postgres.superuser_dsn(used, secret), kafka.servers(used)))
    finally:
        supervisor.stop(*supervisor.running())


def _serve(found: Servers) -> None:
    # Renamed into place, so that nobody reads half of it.
    draft = _HOME.addresses.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(found)))
    draft.chmod(0o600)
    draft.replace(_HOME.addresses)

    users = FileLock(_HOME.lock("users"))
    start = FileLock(_HOME.lock("start"))
    idle_since = time.monotonic()
    while True:
        time.sleep(0.5)
        if not users.try_acquire():
            idle_since = time.monotonic()
            continue
        try:
            if time.monotonic() - idle_since < IDLE_S:
                continue
            # With both locks nobody can come while the servers go.
            if start.try_acquire():
                _HOME.addresses.unlink()
                return
        finally:
            users.release()


def stop() -> None:
    """Stop the servers for tests, now, whoever uses them. Returns when no process is left."""
    end_stack(_HOME, _KEEPER)
