"""For every test in the repository: the real servers, and the chassis' fixtures on top of them."""

import pytest

from local_stack.servers import Servers, ensure

pytest_plugins = ["chassis.testing.plugin"]


# First, so that xdist sees the groups when it reads them.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a group run one after another: two whole stacks are too many for two cores."""
    for item in items:
        for group in ("stack", "part_of_stack"):
            if item.get_closest_marker(group) is not None:
                item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def servers() -> Servers:
    """PostgreSQL and Kafka, shared by all tests and all workers; started by whoever asks first."""
    return ensure()
