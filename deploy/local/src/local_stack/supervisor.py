"""Keeps processes running: one that dies is started again, after a pause that grows."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from local_stack import ports
from local_stack.home import Home
from local_stack.problem import LocalProblemError
from local_stack.processes import ProcessSpec, descendants, spawn, wait_until

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
STEADY_AFTER_S = 5.0
"""A process that ran this long is taken to be sound: the next pause is the first one again."""

_STARTS_MAX = 6
"""So many starts while somebody waits for a process to serve mean that it never will."""

type Say = Callable[[str], None]


class Supervisor:
    """The processes of one stack, each watched by a thread of its own.

    Its methods may be called from any thread. Nothing is left running after `stop_all`.
    """

    def __init__(self, home: Home, say: Say) -> None:
        """`say` is handed one line for each thing that a person should know."""
        self._home = home
        self._say = say
        self._keepers: dict[str, _Keeper] = {}

    def start(self, spec: ProcessSpec, used_ports: Sequence[int]) -> None:
        """Start a process and keep it running; it need not be ready when this returns.

        Raises:
            LocalProblemError: Another program listens on one of its ports.
        """
        assert spec.name not in self._keepers, f"{spec.name} runs already"
        for name, port in zip(spec.port_names, used_ports, strict=True):
            ports.require_free(name, port)
        keeper = _Keeper(self._home, spec, self._say)
        self._keepers[spec.name] = keeper
        keeper.start()

    def wait_ready(self, name: str, *, timeout_s: float) -> None:
        """Wait until a process serves.

        Raises:
            LocalProblemError: It has not within the time, or it keeps dying.
        """
        keeper = self._keepers[name]
        hopeless_at = keeper.starts + _STARTS_MAX

        def settled() -> bool:
            return keeper.spec.is_ready() or keeper.starts >= hopeless_at

        if not wait_until(settled, timeout_s=timeout_s) or keeper.starts >= hopeless_at:
            log = self._home.log(name)
            raise LocalProblemError(f"{name} does not come up ({last_line(log)}): see {log}")

    def pid(self, name: str) -> int:
        """The id of the process as it runs now; it waits for one that is being started again.

        Raises:
            LocalProblemError: It does not run and is not coming back.
        """
        keeper = self._keepers.get(name)
        if keeper is None or not wait_until(lambda: keeper.pid is not None, timeout_s=30):
            raise LocalProblemError(f"{name} does not run: start it first")
        pid = keeper.pid
        return self.pid(name) if pid is None else pid

    def starts(self, name: str) -> int:
        """How often the process has been started, the first time included."""
        return self._keepers[name].starts

    def running(self) -> list[str]:
        """The names of the processes that are kept, in the order they were started."""
        return list(self._keepers)

    def stop(self, *names: str) -> None:
        """Stop processes together, each within its grace; unknown names are passed over."""
        keepers = [self._keepers.pop(name) for name in names if name in self._keepers]
        for keeper in keepers:
            keeper.ask_to_stop()
        for keeper in keepers:
            keeper.finish()


class _Keeper(threading.Thread):
    """Runs one process again and again until asked to stop."""

    def __init__(self, home: Home, spec: ProcessSpec, say: Say) -> None:
        super().__init__(name=f"keeper-{spec.name}", daemon=True)
        self.spec = spec
        self.starts = 0
        self._home = home
        self._say = say
        self._stopping = threading.Event()
        # So that no process is started between "stop" being said and being heard.
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._children: list[psutil.Process] = []

    @property
    def pid(self) -> int | None:
        """The id of the running process; None between two runs."""
        process = self._process
        return None if process is None else process.pid

    def run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while (process := self._next()) is not None:
            began = time.monotonic()
            code = process.wait()
            self._process = None
            if self._stopping.is_set():
                break
            if time.monotonic() - began > STEADY_AFTER_S:
                pause_s = FIRST_PAUSE_S
            self._say(
                f"{self.spec.name} {_how_it_ended(code)}; starting it again in {pause_s:.1f} s"
                f" (log: {self._home.log(self.spec.name)})"
            )
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        self._home.pid_file(self.spec.name).unlink(missing_ok=True)

    def _next(self) -> subprocess.Popen[bytes] | None:
        with self._starting:
            if self._stopping.is_set():
                return None
            self._process = spawn(self._home, self.spec)
            self.starts += 1
            return self._process

    def ask_to_stop(self) -> None:
        """Ask the process to stop and start it no more; returns at once."""
        with self._starting:
            self._stopping.set()
        process = self._process
        if process is not None:
            self._children = descendants(process.pid)
            process.send_signal(self.spec.stop_signal)
            # One that SIGSTOP froze would not hear it.
            process.send_signal(signal.SIGCONT)

    def finish(self) -> None:
        """Wait for the end that was asked for; a process that is late is killed."""
        self.join(timeout=self.spec.grace_s)
        process = self._process
        if self.is_alive() and process is not None:
            self._say(f"{self.spec.name} did not stop within {self.spec.grace_s:.0f} s; killed")
            process.kill()
        self.join()
        _, remaining = psutil.wait_procs(self._children, timeout=2)
        for child in remaining:
            child.kill()


def _how_it_ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"


def last_line(log: Path) -> str:
    """The last thing that a process printed, shortened to fit a message."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1][:300] if lines else "it printed nothing"
