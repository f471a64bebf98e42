"""One whole stack: the servers and every process of ours, started, watched and stopped together.

`make run` keeps one under `.local` on the well-known ports (run.py). Tests and benchmarks start
their own, of the parts that they need, on free ports in a folder of its own:

    with private_stack() as stack:
        stack.start()
        stack.kill9("gifts-worker")
        stack.wait_ready("gifts-worker")
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local_stack import docker, kafka, keys, paths, ports, postgres, preparation, programs
from local_stack.addresses import Addresses
from local_stack.databases import SERVICES, password
from local_stack.file_lock import FileLock
from local_stack.home import Home
from local_stack.processes import ProcessSpec, end, end_stack, leader, spawn_detached
from local_stack.programs import PROGRAMS, SERVERS
from local_stack.servers import Servers
from local_stack.supervisor import Say, Supervisor

READY_TIMEOUT_S = 60.0
WATCHDOG = "watchdog"

# Who is stopped together, in this order: nobody loses the server that they still need.
_STOP_ORDER = (
    ("gateway",),
    ("live-hub",),
    tuple(f"{service}-{process}" for service in SERVICES for process in ("api", "worker")),
    ("payment-sandbox", "sandbox-bank", "trace-store", "demo-page"),
    ("kafka", "postgres"),
)


class Stack:
    """The processes of one stack. Call `stop_all` in the end, whatever happened before."""

    def __init__(
        self,
        home: Home,
        used_ports: Mapping[str, int],
        *,
        postgres_dsn: str | None = None,
        kafka_servers: str | None = None,
        containers: docker.Containers | None = None,
        prefix: str = "",
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        say: Say,
    ) -> None:
        """Nothing is started yet.

        Args:
            home: Holds the stack's data, logs and keys.
            used_ports: A port for each name in `ports.DEFAULTS`.
            postgres_dsn: A server that runs already, by an account that may create roles.
            kafka_servers: A broker that runs already.
            containers: Where to start those two that do not run already; None for processes.
            prefix: Stands before the names of databases, roles and topics.
            durable: Whether our own PostgreSQL must not lose a commit when the machine crashes.
            settings: More environment variables for every process of ours.
            say: Is handed one line for each thing that a person should know.
        """
        self.home = home
        self._containers = containers
        self._durable = durable
        self._settings = dict(settings or {})
        self._broker: dict[str, object] = {}
        self._say = say
        self._supervisor = Supervisor(home, say)
        self._own_servers = {
            name
            for name, given in (("postgres", postgres_dsn), ("kafka", kafka_servers))
            if given is None
        }
        self._prepared: set[str] = set()
        secret = password(home, "superuser")
        self.addresses = Addresses(
            ports=used_ports,
            postgres_dsn=postgres_dsn or postgres.superuser_dsn(used_ports, secret),
            kafka_servers=kafka_servers or kafka.servers(used_ports),
            prefix=prefix,
        )
        keys.ensure_keys(home)

    def configure(
        self, settings: Mapping[str, str], *, broker: Mapping[str, object] | None = None
    ) -> None:
        """Tell whatever is started from now on something else.

        Args:
            settings: Environment variables for every process of ours.
            broker: Settings of a Kafka of our own, or others than ours.
        """
        self._settings |= settings
        self._broker |= broker or {}

    def start(self, *names: str) -> None:
        """Start processes and wait until they serve; without names, all of them.

        What they need comes with them: servers, databases with their tables and first content,
        topics. What runs already is left alone.

        Raises:
            LocalProblemError: A port is taken or a process does not come up.
        """
        wanted = set(names or (*SERVERS, *PROGRAMS))
        assert wanted <= {*SERVERS, *PROGRAMS}, f"unknown: {wanted - {*SERVERS, *PROGRAMS}}"
        services = [s for s in SERVICES if wanted & {f"{s}-api", f"{s}-worker"}]
        if "live-hub" in wanted:
            # Whose topics it reads; they are made with what publishes to them.
            services = list(dict.fromkeys([*services, "wallet", "gifts"]))
        if services:
            wanted |= set(SERVERS)
        running = set(self._supervisor.running())
        for name in sorted((wanted & {*PROGRAMS, *self._own_servers}) - running):
            if name in PROGRAMS or self._containers is None:
                ports.require_free(name, self.addresses.ports[name])
        self._start_servers(wanted & self._own_servers - running)
        self.prepare(*services)
        programs_wanted = [name for name in PROGRAMS if name in wanted - running]
        for name in programs_wanted:
            self._start(programs.spec(name, self.home, self.addresses, self._settings))
        self.wait_ready(*programs_wanted)

    def prepare(self, *services: str) -> None:
        """Create the services' databases, tables, topics and first content; once is enough.

        Raises:
            LocalProblemError: A step failed.
        """
        missing = [service for service in services if service not in self._prepared]
        if missing:
            self._say(f"preparing {', '.join(missing)}: databases, topics, first content")
            preparation.prepare(self.home, self.addresses, missing, self._settings)
            self._prepared.update(missing)

    def wait_ready(self, *names: str, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until processes serve; without names, all that run.

        Raises:
            LocalProblemError: One does not within the time, or keeps dying.
        """
        for name in names or self._supervisor.running():
            self._supervisor.wait_ready(name, timeout_s=timeout_s)

    def pid(self, name: str) -> int:
        """The id of a process as it runs now.

        Raises:
            LocalProblemError: It does not run.
        """
        return self._supervisor.pid(name)

    def starts(self, name: str) -> int:
        """How often a process has been started, the first time included."""
        return self._supervisor.starts(name)

    def kill9(self, name: str) -> int:
        """Kill a process as a crash would; it is started again. Returns the id that it had."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def running(self) -> list[str]:
        """The names of the processes that are watched."""
        return self._supervisor.running()

    def stop(self, *names: str) -> None:
        """Stop processes in good order; they stay stopped until `start` is called for them."""
        for group in _STOP_ORDER:
            self._supervisor.stop(*(name for name in group if name in names))

    def stop_all(self) -> None:
        """Stop everything. Data stays."""
        self.stop(*self._supervisor.running())
        if self._containers is not None and self._own_servers:
            self._containers.stop()

    def _start_servers(self, names: set[str]) -> None:
        if self._containers is not None:
            if names:
                self._say("starting PostgreSQL and Kafka in containers")
                self._containers.start()
            return
        # The broker takes longest to come up, so it goes first.
        if "kafka" in names:
            self._say("starting Kafka")
            kafka.prepare(self.home, self.addresses.ports, more=self._broker)
            self._start(kafka.spec(self.home, self.addresses.ports, durable=self._durable))
        if "postgres" in names:
            self._say("starting PostgreSQL")
            secret = password(self.home, "superuser")
            postgres.prepare(self.home, self.addresses.ports, secret, durable=self._durable)
            self._start(postgres.spec(self.home, self.addresses.ports))
        self.wait_ready(*sorted(names, reverse=True))

    def _start(self, spec: ProcessSpec) -> None:
        used = [self.addresses.ports[name] for name in spec.port_names]
        self._supervisor.start(spec, used)


@contextmanager
def private_stack(
    *,
    servers: Servers | None = None,
    prefix: str = "",
    durable: bool = False,
    settings: Mapping[str, str] | None = None,
    say: Say = lambda _line: None,
) -> Generator[Stack]:
    """A stack of one's own, on free ports, of which nothing is left afterwards.

    Even if the process that owns it is killed, a watchdog ends what it had started.

    Args:
        servers: PostgreSQL and Kafka that run already, such as `servers.ensure()`; without them the
            stack starts its own, which it may also kill.
        prefix: Stands before the names of databases, roles and topics; give one, unlike any
            other's, with `servers`. Lower case, digits and underscores.
        durable: Whether a PostgreSQL of our own must not lose a commit when the machine crashes;
            costs time, and is what benchmarks have to measure.
        settings: More environment variables for every process of ours.
        say: Is handed one line for each thing that a person should know.
    """
    # Beside all other local data, not in /tmp, which may be memory: benchmarks must feel the disk.
    stacks = paths.LOCAL / "stacks"
    stacks.mkdir(parents=True, exist_ok=True)
    home = Home(Path(tempfile.mkdtemp(dir=stacks)))
    try:
        with _watched(home):
            stack = Stack(
                home,
                ports.free(),
                postgres_dsn=servers and servers.postgres_dsn,
                kafka_servers=servers and servers.kafka_servers,
                prefix=prefix,
                durable=durable,
                settings=settings,
                say=say,
            )
            try:
                yield stack
            finally:
                stack.stop_all()
                if servers is not None:
                    preparation.clean_up(stack.addresses)
    except BaseException:
        print(f"logs of the stack: {home.path / 'log'}", file=sys.stderr)
        raise
    shutil.rmtree(home.path, ignore_errors=True)


@contextmanager
def _watched(home: Home) -> Generator[None]:
    """While this runs, a watchdog ends the stack's processes should we be killed."""
    owner = FileLock(home.lock("owner"))
    owner.acquire()
    command = [sys.executable, "-m", "local_stack", "reap", str(home.path)]
    spawn_detached(home, WATCHDOG, command)
    try:
        yield
    finally:
        watchdog = leader(home, WATCHDOG)
        if watchdog is not None:
            end([watchdog], grace_s=5)
        owner.release()


def reap(home: Home) -> None:
    """Be the watchdog: wait until the owner of a private stack is gone, then end what it left."""
    with FileLock(home.lock("owner")):
        end_stack(home, WATCHDOG)
        shutil.rmtree(home.path, ignore_errors=True)
