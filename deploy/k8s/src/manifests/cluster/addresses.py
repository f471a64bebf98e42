"""The `kind` overlay as this machine reaches it: the ports that its nodes open on loopback."""

from dataclasses import dataclass
from typing import Final, override

from local_stack.addresses import Addresses
from local_stack.databases import SERVICES, password
from local_stack.home import Home
from manifests.objects import Objects

_HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ClusterAddresses(Addresses):
    """A server of its own for each service's database."""

    @override
    def database_dsn(self, home: Home, service: str) -> str:
        """Where a service's own role reaches its database."""
        port = self.ports[f"{service}-postgres"]
        return f"postgresql://{service}:{password(home, service)}@{_HOST}:{port}/{service}"

    @override
    def auditor_dsn(self, home: Home, service: str) -> str:
        """The same: plain servers of a trial have no other role."""
        return self.database_dsn(home, service)


def cluster_addresses(objects: Objects) -> ClusterAddresses:
    """From the node ports of the overlay's Services."""
    ports = {
        service.name: port["nodePort"]
        for service in objects.of("Service")
        for port in service.spec["ports"]
        if "nodePort" in port
    }
    # The programs that the evening runs here only name them.
    ports |= {f"{service}-api": ports.get(f"{service}-api", 0) for service in SERVICES}
    ports.setdefault("trace-store", 0)
    return ClusterAddresses(
        ports=ports,
        postgres_dsn=f"postgresql://{_HOST}:{ports['wallet-postgres']}/postgres",
        kafka_servers=f"{_HOST}:{ports['kafka']}",
    )
