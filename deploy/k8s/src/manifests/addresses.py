"""Addresses in settings that lead to a Service of the same namespace."""

from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from manifests.environment import environments
from manifests.objects import Objects

_PORTS: Final = {"http": 80, "https": 443, "postgresql": 5432}


class Address(NamedTuple):
    """What a setting says."""

    owner: str
    variable: str
    host: str
    port: int


def addresses(objects: Objects) -> Iterator[Address]:
    """Every address without a dot: those with one are outside the namespace."""
    for each in environments(objects):
        for variable, value in each.values.items():
            if value is None:
                continue
            for host, port in _hosts(variable, value):
                if "." not in host:
                    yield Address(str(each.owner), variable, host, port)


def _hosts(variable: str, value: str) -> Iterator[tuple[str, int]]:
    if variable.endswith("KAFKA_SERVERS"):
        for server in value.split(","):
            host, _, port = server.rpartition(":")
            yield host, int(port)
    elif variable.endswith(("_URL", "_DSN", "_ENDPOINT")) and "://" in value:
        parts = urlsplit(value)
        if parts.scheme in _PORTS and parts.hostname is not None:
            yield parts.hostname, parts.port or _PORTS[parts.scheme]
