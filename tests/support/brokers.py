"""Brokers that are set up otherwise than a stack's."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from local_stack import kafka
from local_stack.home import Home
from local_stack.supervisor import Supervisor


@contextmanager
def a_broker(
    home: Home,
    used: Mapping[str, int],
    *,
    more: Mapping[str, object],
    users: Mapping[str, str] = MappingProxyType({}),
) -> Generator[None]:
    """A broker runs within the block, and does not end before it; see `kafka.prepare`."""
    kafka.prepare(home, used, more=more, users=users)
    spec = kafka.spec(home, used, durable=False)
    said: list[str] = []
    supervisor = Supervisor(home, said.append)
    try:
        supervisor.start(spec, [used[name] for name in spec.port_names])
        supervisor.wait_ready(spec.name, timeout_s=90)
        yield
        assert said == [], "it was started again"
    finally:
        supervisor.stop(spec.name)
