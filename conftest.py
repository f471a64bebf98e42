"""For every test in the repository: the real servers, and the chassis' fixtures on top of them."""

import pytest

from local_stack.servers import Servers, ensure

pytest_plugins = ["chassis.testing.plugin"]


@pytest.fixture(scope="session")
def servers() -> Servers:
    """PostgreSQL and Kafka, shared by all tests and all workers; started by whoever asks first."""
    return ensure()
