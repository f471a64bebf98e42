"""A broker that says that it is at the address of a front, which can stop answering."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from types import SimpleNamespace

import pytest

from local_stack import kafka, ports
from local_stack.home import Home
from local_stack.kafka import Listener
from support.brokers import a_broker
from support.moving import Front


@pytest.fixture(scope="session")
def moving_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A broker of our own: `port` is where it listens, `advertised` where it says it is."""
    home, used = Home(tmp_path_factory.mktemp("moved") / "kafka"), ports.free()
    # Ports of our own, among those that nobody else of this stack will listen on.
    inside, advertised = used["gateway"], used["live-hub"]
    more = kafka.listening(used, [Listener("FRONT", inside, advertised)])
    with a_broker(home, used, more=more):
        yield SimpleNamespace(port=inside, advertised=advertised)


@pytest.fixture
async def front(moving_kafka: SimpleNamespace) -> AsyncGenerator[Front]:
    """Before the broker, at the address that it gives its clients."""
    front = Front(moving_kafka.port)
    listener = await asyncio.start_server(front.serve, ports.HOST, moving_kafka.advertised)
    async with listener:
        yield front
        front.end()
