"""What lies in the databases and on the topics of a stack: whether it rests, whether it changed."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import asyncpg

from chassis import kafka, sql
from chassis.testing.databases import dsn_of
from chassis.testing.eventually import eventually
from local_stack.databases import SERVICES
from local_stack.stack import Stack

_SQL = sql.load("support", "digest.sql")


class TableState(NamedTuple):
    """A table's rows, in two numbers."""

    rows: int
    content: int


type State = dict[str, TableState]
"""By `service.table`."""


class Observer:
    """Reads all three databases of a stack, past the services."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    @asynccontextmanager
    async def _sessions(self) -> AsyncGenerator[dict[str, "asyncpg.Connection[asyncpg.Record]"]]:
        addresses = self._stack.addresses
        async with AsyncExitStack() as stack:
            sessions: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
            for service in SERVICES:
                dsn = dsn_of(addresses.postgres_dsn, addresses.prefix + service)
                conn = await asyncpg.connect(dsn, server_settings={"application_name": "observer"})
                stack.push_async_callback(conn.close)
                sessions[service] = conn
            yield sessions

    async def state(self) -> State:
        """Every table of every service, once the stack has come to rest."""
        await self.rest()
        found: State = {}
        async with self._sessions() as sessions:
            for service, conn in sessions.items():
                await conn.execute(_SQL["define_digest"])
                for row in await conn.fetch(_SQL["select_digest"]):
                    found[f"{service}.{row['table_name']}"] = TableState(
                        row["row_count"], int(row["content"])
                    )
        return found

    async def dead_letters(self) -> dict[str, int]:
        """How many records each service has set aside."""
        async with self._sessions() as sessions:
            return {
                service: await conn.fetchval(_SQL["count_dead_letters"])
                for service, conn in sessions.items()
            }

    async def rest(self, *, within_s: float = 60) -> None:
        """Wait until every event is published, every record consumed, every streak ended.

        Raises:
            TimeoutError: Something still waits; the message says what.
        """
        previous: object = None

        async def waiting() -> list[str]:
            nonlocal previous
            found, offsets = await self._waiting()
            # Twice the same: nothing was on its way between two looks that hid it from each other.
            if not found and offsets != previous:
                found = ["a second look"]
            previous = offsets
            return found

        await eventually(waiting, until=lambda found: not found, within_s=within_s, every_s=0.05)

    async def _waiting(self) -> tuple[list[str], object]:
        waiting: list[str] = []
        consumed: dict[tuple[str, str, int], int] = {}
        async with self._sessions() as sessions:
            for service, conn in sessions.items():
                if streams := await conn.fetchval(_SQL["select_unpublished"]):
                    waiting.append(f"{service}: {streams} streams to be published")
                if service == "gifts" and (
                    rooms := await conn.fetchval(_SQL["select_restless_rooms"])
                ):
                    waiting.append(f"{rooms} live rooms to be told of")
                for row in await conn.fetch(_SQL["select_consumed"]):
                    consumed[service, row["topic"], row["partition"]] = row["next_offset"]
        prefix = self._stack.addresses.prefix
        ends = await kafka.ends(
            self._stack.addresses.kafka_servers, {prefix + topic for _, topic, _ in consumed}
        )
        for (service, topic, partition), offset in consumed.items():
            if (end := ends.get((prefix + topic, partition), 0)) > offset:
                waiting.append(f"{service}: {topic}:{partition} at {offset} of {end}")
        return waiting, (consumed, ends)


def changed(before: State, after: State) -> set[str]:
    """The tables that are not as they were."""
    return {table for table in before | after if before.get(table) != after.get(table)}
