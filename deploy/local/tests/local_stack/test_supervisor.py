"""Keeping processes running."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local_stack.home import Home
from local_stack.problem import LocalProblemError
from local_stack.processes import MARK, ProcessSpec, end_stack, living, spawn_detached, wait_until
from local_stack.supervisor import Supervisor

SLEEPER = "import signal; print('up', flush=True); signal.pause()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {DEAF!r}]); {SLEEPER}"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(home: Home, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(home, said.append)
    yield supervisor
    supervisor.stop(*supervisor.running())


def program(home: Home, code: str, *, grace_s: float = 10) -> ProcessSpec:
    """A Python program that is ready once it has printed something."""
    log = home.log("program")
    return ProcessSpec(
        name="program",
        command=[sys.executable, "-c", code],
        is_ready=lambda: log.exists() and log.read_text() != "",
        grace_s=grace_s,
    )


def eventually(condition: Callable[[], bool]) -> None:
    assert wait_until(condition, timeout_s=20)


def test_a_killed_process_is_started_again(
    home: Home, supervisor: Supervisor, said: list[str]
) -> None:
    """It comes back under another id, and one line says so."""
    supervisor.start(program(home, SLEEPER), [])
    supervisor.wait_ready("program", timeout_s=20)
    first = supervisor.pid("program")

    os.kill(first, signal.SIGKILL)
    eventually(lambda: supervisor.starts("program") == 2)

    assert supervisor.pid("program") != first
    assert home.pid_file("program").read_text() == f"{supervisor.pid('program')}\n"
    assert len(said) == 1
    assert "program was killed by signal 9; starting it again in 0.1 s" in said[0]


def test_the_pause_grows(home: Home, supervisor: Supervisor, said: list[str]) -> None:
    """A process that dies at once is not started in a tight loop."""
    supervisor.start(program(home, "raise SystemExit(3)"), [])

    eventually(lambda: len(said) == 3)

    assert [line.split(" in ")[1].split(" (")[0] for line in said] == ["0.1 s", "0.2 s", "0.4 s"]
    assert "program ended with code 3" in said[0]


def test_a_process_that_never_serves_is_given_up(home: Home, supervisor: Supervisor) -> None:
    """The message has its last words and the place of its log."""
    spec = ProcessSpec(
        name="program",
        command=[sys.executable, "-c", "raise SystemExit('no such table')"],
        is_ready=lambda: False,
    )
    supervisor.start(spec, [])

    with pytest.raises(LocalProblemError, match=r"program.*no such table.*program\.log"):
        supervisor.wait_ready("program", timeout_s=20)


def test_stop_ends_a_process_that_will_not(home: Home, said: list[str]) -> None:
    """After its grace it is killed."""
    supervisor = Supervisor(home, said.append)
    supervisor.start(program(home, DEAF, grace_s=0.2), [])
    supervisor.wait_ready("program", timeout_s=20)

    supervisor.stop("program")

    assert living(home) == []
    assert said == ["program did not stop within 0 s; killed"]


def test_stop_ends_a_stopped_process(home: Home, said: list[str]) -> None:
    """A process that SIGSTOP froze hears that it should end."""
    supervisor = Supervisor(home, said.append)
    supervisor.start(program(home, SLEEPER), [])
    supervisor.wait_ready("program", timeout_s=20)
    os.kill(supervisor.pid("program"), signal.SIGSTOP)

    supervisor.stop("program")

    assert living(home) == []
    assert said == []


def test_stop_ends_children_too(home: Home, supervisor: Supervisor) -> None:
    """What a process started, it does not leave behind."""
    log = home.log("program")
    supervisor.start(program(home, PARENT), [])
    eventually(lambda: log.exists() and log.read_text().count("up") == 2)
    assert len(living(home)) == 2

    supervisor.stop("program")

    eventually(lambda: living(home) == [])


def test_end_stack_finds_orphans_without_pid_files(home: Home, tmp_path: Path) -> None:
    """Processes of a killed supervisor are known by their environment."""
    code = (
        "import sys; from pathlib import Path;"
        "from local_stack.home import Home; from local_stack.supervisor import Supervisor;"
        "from local_stack.processes import ProcessSpec; import signal;"
        f"s = Supervisor(Home(Path({str(home.path)!r})), print);"
        f"s.start(ProcessSpec('program', [sys.executable, '-c', {SLEEPER!r}], lambda: True), []);"
        "s.pid('program'); signal.pause()"
    )
    supervisor = spawn_detached(home, "supervisor", [sys.executable, "-c", code])
    eventually(lambda: len(living(home)) == 2)
    os.kill(supervisor, signal.SIGKILL)
    # Killed, it may be there for a moment longer.
    eventually(lambda: len(living(home)) == 1)
    for file in (home.path / "pid").iterdir():
        file.unlink()
    (orphan,) = living(home)
    assert orphan.environ()[MARK] == str(home.path)

    assert end_stack(home, "supervisor") == 1

    assert living(home) == []
    assert not psutil.pid_exists(orphan.pid) or orphan.status() == psutil.STATUS_ZOMBIE
