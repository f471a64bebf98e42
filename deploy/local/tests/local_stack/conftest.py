"""A folder and databases for a stack that a test has alone."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack import databases
from local_stack.addresses import Addresses
from local_stack.home import Home
from local_stack.ports import free
from local_stack.preparation import clean_up
from local_stack.processes import end, living
from local_stack.servers import Servers


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """The folder of a stack; whatever a failed test left running there is ended."""
    home = Home(tmp_path / "stack")
    yield home
    end(living(home), grace_s=1)


@pytest.fixture
def addresses(home: Home, servers: Servers) -> Iterator[Addresses]:
    """Databases of a stack that shares a server with others."""
    prefix = f"test_{secrets.token_hex(4)}_"
    addresses = Addresses(free(), servers.postgres_dsn, servers.kafka_servers, prefix)
    databases.create(home, servers.postgres_dsn, prefix=prefix)
    yield addresses
    clean_up(addresses)
