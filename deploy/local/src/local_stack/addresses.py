"""Where the parts of one stack are."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from local_stack import databases
from local_stack.home import Home
from local_stack.ports import HOST


@dataclass(frozen=True, slots=True)
class Addresses:
    """Every address of one stack; `save` and `load` hand them to other programs."""

    ports: Mapping[str, int]
    postgres_dsn: str
    """An account that may create roles and databases."""
    kafka_servers: str
    """Comma-separated host:port pairs."""
    prefix: str = ""
    """Stands before the names of databases, roles and topics, where stacks share servers."""

    def url(self, name: str, path: str = "") -> str:
        """The HTTP address of a process, such as `gateway`."""
        return f"http://{HOST}:{self.ports[name]}{path}"

    @property
    def graphql(self) -> str:
        """The one endpoint for front ends."""
        return self.url("gateway", "/graphql")

    @property
    def page_origins(self) -> tuple[str, str]:
        """The origins of the page, by either name of this machine."""
        return self.url("demo-page"), f"http://localhost:{self.ports['demo-page']}"

    def room(self, room_id: str) -> str:
        """Where a browser shows a live room."""
        return self.url("demo-page", f"/room/{room_id}")

    def database_dsn(self, home: Home, service: str) -> str:
        """Where a service reaches its database, with its own role."""
        return databases.dsn(home, self.postgres_dsn, service, prefix=self.prefix)

    def auditor_dsn(self, home: Home, service: str) -> str:
        """Where the checker reaches a service's database, to read it."""
        return databases.dsn(
            home, self.postgres_dsn, service, prefix=self.prefix, role=databases.AUDITOR
        )

    def public(self) -> dict[str, object]:
        """What `make urls` prints: every address, no password."""
        return {
            "graphql": self.graphql,
            "live": self.url("live-hub", "/graphql"),
            "page": self.url("demo-page"),
            "traces": self.url("trace-store"),
            "payment_sandbox": self.url("payment-sandbox"),
            "sandbox_bank": self.url("sandbox-bank"),
            "services": {
                f"{service}_{process}": self.url(f"{service}-{process}")
                for service in databases.SERVICES
                for process in ("api", "worker")
            },
            "postgres": self.postgres_dsn.rpartition("@")[2].partition("/")[0],
            "databases": {name: self.prefix + name for name in databases.SERVICES},
            "kafka": self.kafka_servers,
            "topic_prefix": self.prefix,
        }

    def save(self, home: Home) -> None:
        """Write the addresses where `load` finds them, readable by their owner alone."""
        # Renamed into place, so that nobody reads half of it.
        draft = home.addresses.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), default=dict))
        draft.replace(home.addresses)


def load(home: Home) -> Addresses | None:
    """The addresses of the stack that runs in this folder; None if none does."""
    try:
        return Addresses(**json.loads(home.addresses.read_text()))
    except FileNotFoundError:
        return None


def given_server(name: str) -> str | None:
    """What the environment gives: LARGESSE_POSTGRES_DSN or LARGESSE_KAFKA_SERVERS, else None."""
    return os.environ.get(f"LARGESSE_{name}") or None
