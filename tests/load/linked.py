"""Stacks whose services reach PostgreSQL and Kafka by links that a bench can disturb."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from links import Relay

from local_stack import kafka, ports
from local_stack.databases import SERVICES
from local_stack.kafka import Listener
from local_stack.ports import HOST
from local_stack.stack import Stack

_READERS = (*SERVICES, "live-hub")
"""Who talks to Kafka."""


class _Broker(NamedTuple):
    """A listener of Kafka's for one of its clients: brokers tell clients by which address to come
    back, so each client that has a link of its own needs a listener of its own."""

    client: str
    listens: int
    """Kafka itself."""
    advertised: int
    """The link."""

    @property
    def listener(self) -> str:
        return self.client.replace("-", "").upper()


def link_up(stack: Stack) -> Sequence[Relay]:
    """Have the stack, which is not started yet, go by links; returns those.

    They are called by who talks to whom: `wallet-postgres`, `live-hub-kafka`.
    """
    used = stack.addresses.ports
    databases, near, far = len(SERVICES), len(_READERS), len(_READERS)
    free = ports.more_free(databases + near + far)
    to_postgres = dict(zip(SERVICES, free[:databases], strict=True))
    brokers = [
        _Broker(*each)
        for each in zip(_READERS, free[databases:-far], free[databases + near :], strict=True)
    ]
    dsns = {_variable(s, "DATABASE_DSN"): _by(stack, s, port) for s, port in to_postgres.items()}
    servers = {
        _variable(each.client, "KAFKA_SERVERS"): f"{HOST}:{each.advertised}" for each in brokers
    }
    listeners = [Listener(each.listener, each.listens, each.advertised) for each in brokers]
    stack.configure(dsns | servers, broker=kafka.listening(used, listeners))
    return [
        *(Relay(f"{s}-postgres", port, used["postgres"]) for s, port in to_postgres.items()),
        *(Relay(f"{each.client}-kafka", each.advertised, each.listens) for each in brokers),
    ]


def _variable(program: str, setting: str) -> str:
    return f"{program.replace('-', '_').upper()}_{setting}"


def _by(stack: Stack, service: str, port: int) -> str:
    parts = urlsplit(stack.addresses.database_dsn(stack.home, service))
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@{HOST}:{port}"))
