"""Starting, finding and ending the processes of one stack.

Each process carries its stack's folder in its environment. So the processes of a stack are found
even when the supervisor that started them was killed before it could write down their ids.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from local_stack import paths
from local_stack.home import Home

MARK = "LARGESSE_HOME"
"""The environment variable that says to which stack a process belongs."""

_LOG_SIZE_MAX = 50_000_000


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How to start one process and how to tell that it serves."""

    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: Path = paths.REPOSITORY
    port_names: Sequence[str] = ()
    """The ports, by name, that it listens on."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 25
    """How long it may take to stop before it is killed."""


def base_environment() -> dict[str, str]:
    """What every process gets: no more than a production container would have."""
    kept = ("HOME", "LANG", "PATH", "TZ", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}


def spawn(home: Home, spec: ProcessSpec) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, its output appended to its log."""
    log = home.log(spec.name)
    if log.exists() and log.stat().st_size > _LOG_SIZE_MAX:
        log.replace(log.with_suffix(".log.1"))
    environment = base_environment() | dict(spec.environment) | {MARK: str(home.path)}
    # A file, not a pipe to us: the process must not choke when its supervisor dies.
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(spec.command),
            cwd=spec.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    home.pid_file(spec.name).write_text(f"{process.pid}\n")
    return process


def living(home: Home) -> list[psutil.Process]:
    """The processes of a stack that run now, whoever started them; not the calling one."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.environ().get(MARK) == str(home.path):
                found.append(process)
        except (psutil.Error, OSError):
            # Gone meanwhile, or another user's and so none of ours.
            continue
    return found


def descendants(pid: int) -> list[psutil.Process]:
    """The children of a process and their children; none if it has ended."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def spawn_detached(home: Home, name: str, command: Sequence[str]) -> int:
    """Start a leader: a process that outlives us, and that keeps a stack; returns its id."""
    # The shell starts it in the background and ends, so that it is nobody's child and no zombie.
    done = subprocess.run(
        ["sh", "-c", '"$@" >>"$0" 2>&1 </dev/null & echo $!', str(home.log(name)), *command],
        cwd=paths.REPOSITORY,
        env=base_environment() | own_settings() | {MARK: str(home.path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        check=True,
    )
    pid = int(done.stdout)
    home.pid_file(name).write_text(f"{pid}\n")
    return pid


def own_settings() -> dict[str, str]:
    """The variables with which a person directs the local stack, and the docker command."""
    directing = ("LARGESSE_", "DOCKER_")
    return {name: value for name, value in os.environ.items() if name.startswith(directing)}


def leader(home: Home, name: str) -> psutil.Process | None:
    """The running leader of a stack, if it has one."""
    file = home.pid_file(name)
    if not file.exists():
        return None
    pid = int(file.read_text())
    return next((process for process in living(home) if process.pid == pid), None)


def end_stack(home: Home, leader_name: str) -> int:
    """End every process of a stack; returns how many there were.

    The leader goes first and takes its processes along in good order. What it does not, or what it
    left when it was killed, is ended here.
    """
    count = len(living(home))
    chief = leader(home, leader_name)
    if chief is not None:
        end([chief], grace_s=60)
    end(living(home), grace_s=30)
    for file in home.pid_files():
        file.unlink(missing_ok=True)
    home.addresses.unlink(missing_ok=True)
    return count


def end(processes: Sequence[psutil.Process], *, grace_s: float) -> None:
    """Ask the processes to stop, and kill those that have not after `grace_s`, with their children.

    Returns when none of them is left.
    """
    family = {child for process in processes for child in descendants(process.pid)}
    family.update(processes)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            # To PostgreSQL, SIGTERM means to wait for its clients.
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    if wait_until(lambda: not any(map(is_alive, family)), timeout_s=grace_s):
        return
    for process in filter(is_alive, family):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until(lambda: not any(map(is_alive, family)), timeout_s=10)


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool], *, timeout_s: float, pause_s: float = 0.05) -> bool:
    """Ask `condition` again and again until it holds; says whether it did within the time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause_s)
    return True
