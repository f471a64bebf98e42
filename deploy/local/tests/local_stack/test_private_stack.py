"""A stack of one's own: PostgreSQL and Kafka as processes, killed and left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack import kafka, postgres
from local_stack.home import Home
from local_stack.ports import HOST
from local_stack.processes import living, wait_until
from local_stack.stack import Stack, private_stack

pytestmark = pytest.mark.part_of_stack

OWNER = """
import signal
from local_stack.stack import private_stack
with private_stack() as stack:
    stack.start("postgres")
    print(stack.home.path, flush=True)
    signal.pause()
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One for the module: a broker takes seconds to start."""
    with private_stack() as stack:
        stack.start("postgres", "kafka")
        yield stack
        home = stack.home
    assert living(home) == []
    assert not home.path.exists()


@pytest.mark.parametrize("name", ["postgres", "kafka"])
def test_a_killed_server_comes_back(stack: Stack, name: str) -> None:
    """Under another id, on the same port, with the same files."""
    before = stack.starts(name)

    killed = stack.kill9(name)
    assert wait_until(lambda: stack.starts(name) > before, timeout_s=30)
    stack.wait_ready(name)

    assert stack.pid(name) != killed


def test_a_stopped_server_stays_stopped(stack: Stack) -> None:
    """Until it is started again; the port is the same."""
    port = stack.addresses.ports["postgres"]

    stack.stop("postgres")
    assert not postgres.answers(HOST, port)
    assert "postgres" not in stack.running()

    stack.start("postgres")
    assert postgres.answers(HOST, port)


def test_readiness_is_not_mistaken(stack: Stack) -> None:
    """A port that speaks another protocol is not a broker."""
    assert kafka.answers(HOST, stack.addresses.ports["kafka"])
    assert not kafka.answers(HOST, stack.addresses.ports["postgres"])
    assert not kafka.answers(HOST, stack.addresses.ports["gateway"])


def test_nothing_outlives_a_killed_owner() -> None:
    """The watchdog ends what the owner had started, and takes its folder away."""
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        home = Home(Path(owner.stdout.readline().decode().strip()))
        assert len(living(home)) >= 2

        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()

    assert wait_until(lambda: living(home) == [], timeout_s=30)
    assert not home.path.exists()
