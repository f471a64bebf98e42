"""A gateway in front of stand-in services, shared by the tests of a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_process import Gateway, Issuer, gateway_settings, run_gateway
from subgraphs import Subgraphs, serve_subgraphs


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="session")
def issuer(folder: Path) -> Issuer:
    made = Issuer(folder / "keys.json")
    made.add_key("one")
    return made


@pytest.fixture(scope="session")
def running_subgraphs() -> Iterator[Subgraphs]:
    with serve_subgraphs() as subgraphs:
        yield subgraphs


@pytest.fixture
def subgraphs(running_subgraphs: Subgraphs) -> Subgraphs:
    """The services; `received` holds what this test's requests brought them."""
    running_subgraphs.received.clear()
    return running_subgraphs


@pytest.fixture(scope="session")
def settings(issuer: Issuer, running_subgraphs: Subgraphs) -> dict[str, str]:
    """What every gateway of the tests is told; production mode."""
    return gateway_settings(issuer, running_subgraphs)


@pytest.fixture(scope="session")
def gateway(folder: Path, settings: dict[str, str]) -> Iterator[Gateway]:
    """In production mode, without a rate limit."""
    with run_gateway(folder, settings) as running:
        yield running


@pytest.fixture(autouse=True)
def _log_of_the_gateway(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the shared gateway wrote during a test, shown where the test fails."""
    if "gateway" not in request.fixturenames:
        yield
        return
    log: Path = request.getfixturevalue("gateway").log
    start = log.stat().st_size
    yield
    request.node.add_report_section("teardown", "log", log.read_bytes()[start:].decode())
