"""The processes of two versions on one stack, each behind the address of its kind."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import httpx
from prometheus_client.parser import text_string_to_metric_families

from local_stack import ports
from local_stack.addresses import Addresses
from local_stack.databases import SERVICES, create
from local_stack.processes import ProcessSpec
from local_stack.stack import Stack
from local_stack.supervisor import Supervisor
from support.upgrade.balancer import Balancer
from support.upgrade.versions import Version

BALANCED = (*(f"{service}-api" for service in SERVICES), "live-hub", "gateway")
"""Kinds of processes that others ask, each by one address."""

WORKERS = tuple(f"{service}-worker" for service in SERVICES)

_READY_S = 90.0
_LEAVING_S = 1.0
"""Between the last new connection and SIGTERM: the `preStop` of deploy/k8s, in short."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A process as it runs."""

    name: str
    port: int


class Fleet:
    """What runs of which version. A context manager: all of it ends with the block.

    `Stack` has the servers, and stands in for whoever is not ours: a payment provider, a bank.
    """

    def __init__(self, stack: Stack, settings: Mapping[str, str]) -> None:
        """`settings` are more environment variables for every process."""
        self._stack = stack
        self._settings = dict(settings)
        self.said: list[str] = []
        """What a person should know: who ended unasked, or not in time."""
        self._supervisor = Supervisor(stack.home, self.said.append)
        self._members: dict[tuple[str, str], _Member] = {}
        self._balancers = {kind: Balancer(stack.addresses.ports[kind]) for kind in BALANCED}
        self._describing = asyncio.Lock()
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for balancer in self._balancers.values():
            await self._open.enter_async_context(balancer)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        names = self._supervisor.running()
        # Whoever asks goes before who is asked.
        for group in (
            [name for name in names if name.startswith("gateway")],
            [name for name in names if name.startswith("live-hub")],
            names,
        ):
            await asyncio.to_thread(self._supervisor.stop, *group)
        await self._open.aclose()

    async def migrate(self, version: Version) -> None:
        """Topics and tables as the version wants them, as the Jobs of a roll-out do."""
        addresses = self._stack.addresses
        topics = ("topics", "--servers", addresses.kafka_servers, "--prefix", addresses.prefix)
        await asyncio.to_thread(version.run, "chassis", *topics)
        await asyncio.gather(*(self._run(version, service, "migrate") for service in SERVICES))

    async def found(self, version: Version) -> None:
        """Databases, tables, topics and first content of a new system."""
        stack = self._stack
        create(stack.home, stack.addresses.postgres_dsn, prefix=stack.addresses.prefix)
        await self.migrate(version)
        await asyncio.gather(*(self._run(version, service, "seed") for service in SERVICES))

    async def _run(self, version: Version, service: str, command: str) -> None:
        api = await self._spec(version, f"{service}-api", self._stack.addresses, self._settings)
        await asyncio.to_thread(version.run, service, command, settings=api.environment)

    async def start(self, version: Version, *kinds: str) -> None:
        """Start a process of each kind beside those that run; it is asked once it is ready."""
        await asyncio.gather(*(self._start(version, kind) for kind in kinds))

    async def _start(self, version: Version, kind: str) -> None:
        stack = self._stack
        member = _Member(f"{kind}-{version.label}", ports.one_free())
        own = replace(stack.addresses, ports={**stack.addresses.ports, kind: member.port})
        settings = dict(self._settings)
        if kind in WORKERS:
            settings[f"{kind.removesuffix('-worker').upper()}_KAFKA_INSTANCE"] = version.label
        spec = await self._spec(version, kind, own, settings)
        self._supervisor.start(replace(spec, name=member.name), [member.port])
        await asyncio.to_thread(self._supervisor.wait_ready, member.name, timeout_s=_READY_S)
        pid = self._supervisor.pid(member.name)
        await asyncio.to_thread(version.assert_runs, pid, *_packages(kind))
        self._members[kind, version.label] = member
        if kind in self._balancers:
            self._balancers[kind].add(member.port)

    async def _spec(
        self, version: Version, kind: str, addresses: Addresses, settings: Mapping[str, str]
    ) -> ProcessSpec:
        # One after another: versions before the lock on passwords each wrote all of them.
        async with self._describing:
            home = self._stack.home
            return await asyncio.to_thread(version.spec, kind, home, addresses, settings)

    async def stop(self, version: Version, *kinds: str) -> None:
        """Stop the version's processes as Kubernetes does: not asked any more, then SIGTERM."""
        members = {kind: self._members.pop((kind, version.label)) for kind in kinds}
        for kind, member in members.items():
            if kind in self._balancers:
                self._balancers[kind].remove(member.port)
        await asyncio.sleep(_LEAVING_S)
        names = [member.name for member in members.values()]
        await asyncio.to_thread(self._supervisor.stop, *names)

    async def done(self, version: Version, kind: str) -> int:
        """How much a process has done: pieces that it was told and has said, or records read."""
        port = self._members[kind, version.label].port
        if kind in self._balancers:
            return self._balancers[kind].passed[port]
        async with httpx.AsyncClient(trust_env=False) as http:
            text = (await http.get(f"http://{ports.HOST}:{port}/metrics")).text
        return sum(
            int(sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "largesse_consumer_batch_records_sum"
        )


def _packages(kind: str) -> tuple[str, ...]:
    """What a process of ours is made of, where it is Python."""
    match kind:
        case "gateway":
            return ()
        case "live-hub":
            return ("live_hub", "chassis", "contracts")
        case _:
            return (kind.rpartition("-")[0], "chassis", "contracts")
