"""One whole stack for all tests that need one: every process, as in production."""

import shutil
from collections.abc import AsyncGenerator, Callable, Generator

import pytest

from local_stack import paths
from local_stack.client import Client, http_client
from local_stack.stack import Stack, private_stack
from support.books import Books
from support.crash_points import CrashPoints
from support.state import Observer
from support.world import World

KEPT_LOGS = paths.LOCAL / "failed-stack"
"""What the processes printed, when a test has failed."""

START_AND_TEST_S = 300
"""Whichever test comes first starts the stack: on a busy machine that alone takes a minute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests on the stack the time that its start may take."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(START_AND_TEST_S))


@pytest.fixture(scope="session")
def all_crash_points(tmp_path_factory: pytest.TempPathFactory) -> CrashPoints:
    """For as long as the stack lives; tests use `crash_points`."""
    return CrashPoints(tmp_path_factory.mktemp("crash-points"))


@pytest.fixture(scope="session")
def keep_logs(request: pytest.FixtureRequest) -> Callable[[Stack], None]:
    """Keeps what a stack's processes printed, if a test has failed."""

    def keep(stack: Stack) -> None:
        if request.session.testsfailed:
            shutil.rmtree(KEPT_LOGS, ignore_errors=True)
            shutil.copytree(stack.home.path / "log", KEPT_LOGS)

    return keep


@pytest.fixture(scope="package")
def stack(all_crash_points: CrashPoints, keep_logs: Callable[[Stack], None]) -> Generator[Stack]:
    """Everything, on free ports, with servers of its own: tests may kill any of it.

    Started by the first test that needs it; tests that do are marked `stack` and run on one worker.
    """
    settings = all_crash_points.settings | {
        "GATEWAY_RATE_LIMIT_REQUESTS": "0",
        # However slow the machine is: a gift can be undone as long as a test may take.
        "GIFTS_REGRET_WINDOW_S": str(2 * START_AND_TEST_S),
    }
    # Durable: a PostgreSQL that is killed must not forget what it has promised.
    with private_stack(durable=True, settings=settings) as stack:
        stack.start()
        yield stack
        keep_logs(stack)


@pytest.fixture(scope="package")
def books(stack: Stack) -> Books:
    """What the checker has to find; whoever plants dead letters says so."""
    return Books(stack)


@pytest.fixture
def crash_points(all_crash_points: CrashPoints) -> Generator[CrashPoints]:
    """Arms steps of the stack's processes; none stays armed."""
    yield all_crash_points
    all_crash_points.disarm()


@pytest.fixture
async def world(stack: Stack) -> AsyncGenerator[World]:
    """Users, coins and gifts on the stack."""
    async with Client(stack.addresses.graphql) as client, http_client() as http:
        yield World(stack, client, http)


@pytest.fixture
def observer(stack: Stack) -> Observer:
    """Looks into the stack's databases."""
    return Observer(stack)
