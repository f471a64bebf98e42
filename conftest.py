"""For every test in the repository: the real servers, and the chassis' fixtures on top of them."""

import pytest

from local_stack.servers import Servers, ensure

pytest_plugins = ["chassis.testing.plugin"]


# First, so that xdist sees the groups when it reads them.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `stack` run one after another: two whole stacks are too many for two cores."""
    for item in items:
        if item.get_closest_marker("stack") is not None:
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def servers() -> Servers:
    """PostgreSQL and Kafka, shared by all tests and all workers; started by whoever asks first."""
    return ensure()
