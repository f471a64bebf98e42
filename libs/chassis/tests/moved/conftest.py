"""A broker that says that it is at the address of a front, which can stop answering."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from types import SimpleNamespace

import pytest

from local_stack import kafka, ports
from local_stack.home import Home
from local_stack.supervisor import Supervisor
from support.moving import Front


@pytest.fixture(scope="session")
def moving_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A broker of our own: `port` is where it listens, `advertised` where it says it is."""
    home, used = Home(tmp_path_factory.mktemp("moved") / "kafka"), ports.free()
    # Ports of our own, among those that nobody else of this stack will listen on.
    inside, advertised = used["gateway"], used["live-hub"]
    plain, controller = (f"{ports.HOST}:{used[name]}" for name in ("kafka", "kafka-controller"))
    more = {
        "listeners": (
            f"PLAINTEXT://{plain},CONTROLLER://{controller},FRONT://{ports.HOST}:{inside}"
        ),
        "advertised.listeners": (
            f"PLAINTEXT://{plain},CONTROLLER://{controller},FRONT://{ports.HOST}:{advertised}"
        ),
        "listener.security.protocol.map": (
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,FRONT:PLAINTEXT"
        ),
        "inter.broker.listener.name": "PLAINTEXT",
    }
    kafka.prepare(home, used, more=more)
    spec = kafka.spec(home, used, durable=False)
    said: list[str] = []
    supervisor = Supervisor(home, said.append)
    try:
        supervisor.start(spec, [used[name] for name in spec.port_names])
        supervisor.wait_ready(spec.name, timeout_s=90)
        yield SimpleNamespace(port=inside, advertised=advertised)
        assert said == [], "it was started again"
    finally:
        supervisor.stop(spec.name)


@pytest.fixture
async def front(moving_kafka: SimpleNamespace) -> AsyncGenerator[Front]:
    """Before the broker, at the address that it gives its clients."""
    front = Front(moving_kafka.port)
    listener = await asyncio.start_server(front.serve, ports.HOST, moving_kafka.advertised)
    async with listener:
        yield front
        front.end()
