"""Backups of a stack's PostgreSQL, and one service's database as it was at an earlier moment."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from chassis.testing.databases import dsn_of
from chassis.testing.eventually import eventually
from local_stack import paths, ports, unprivileged
from local_stack.processes import ProcessSpec, base_environment, spawn
from local_stack.stack import Stack

RESTORE_S = 120.0
"""How long a server may take to replay its log on a busy machine."""


@dataclass(frozen=True, slots=True)
class Backups:
    """Where a server's log is archived, and the copies of its folder that were made."""

    stack: Stack
    folder: Path

    @property
    def _archive(self) -> Path:
        return self.folder / "archive"

    async def begin(self) -> None:
        """Archive the log from now on; the server is restarted for it."""
        self._archive.mkdir(parents=True)
        for folder in (self.folder, self._archive):
            unprivileged.give(folder)
        await self._set(
            archive_mode="on",
            archive_command=f'test ! -f "{self._archive}/%f" && cp "%p" "{self._archive}/%f"',
        )

    async def end(self) -> None:
        """Archive no more; the server is restarted for it, and the backups are deleted."""
        await self._set(archive_mode="off", archive_command="")
        shutil.rmtree(self.folder)

    async def _set(self, **settings: str) -> None:
        async with _session(self.stack.addresses.postgres_dsn) as conn:
            for name, value in settings.items():
                await conn.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        starts = self.stack.starts("postgres")
        os.kill(self.stack.pid("postgres"), signal.SIGINT)

        async def started() -> bool:
            return self.stack.starts("postgres") > starts

        await eventually(started, within_s=60)
        await asyncio.to_thread(self.stack.wait_ready)

    async def copy(self) -> Path:
        """A copy of the server's folder, made while it serves; where it is."""
        copy = self.folder / "base"
        await self._run(
            "pg_basebackup",
            f"--dbname={_without_password(self.stack.addresses.postgres_dsn)}",
            f"--pgdata={copy}",
            "--checkpoint=fast",
            "--wal-method=none",
            "--no-sync",
        )
        return copy

    async def moment(self) -> datetime:
        """Now, by the server's clock."""
        async with _session(self.stack.addresses.postgres_dsn) as conn:
            return await conn.fetchval("SELECT clock_timestamp()")

    @asynccontextmanager
    async def restored(self, copy: Path, moment: datetime) -> AsyncGenerator[str]:
        """Another server with all databases as they were at the moment; its address.

        Something has to have been committed after the moment: that is how it is recognised.
        """
        async with _session(self.stack.addresses.postgres_dsn) as conn:
            # What was written last is archived with the rest of its file, as time alone would do.
            await conn.execute("SELECT pg_switch_wal()")
        (copy / "recovery.signal").touch()
        port = ports.one_free()
        settings = {
            "port": str(port),
            "archive_mode": "off",
            "shared_buffers": "128MB",
            "restore_command": f'cp "{self._archive}/%f" "%p"',
            "recovery_target_time": moment.isoformat(),
            "recovery_target_action": "promote",
        }
        spec = ProcessSpec(
            name="restored",
            command=unprivileged.command(
                [
                    str(paths.postgres_program("postgres")),
                    "-D",
                    str(copy),
                    *(f"--{name}={value}" for name, value in settings.items()),
                ]
            ),
            is_ready=lambda: True,
        )
        process = spawn(self.stack.home, spec)
        address = urlsplit(self.stack.addresses.postgres_dsn)
        host = address.netloc.rpartition(":")[0]
        dsn = urlunsplit(address._replace(netloc=f"{host}:{port}"))
        try:

            async def open_to_all() -> bool:
                assert process.poll() is None, self.stack.home.log("restored").read_text()[-2000:]
                try:
                    async with _session(dsn) as conn:
                        return not await conn.fetchval("SELECT pg_is_in_recovery()")
                except (OSError, asyncpg.PostgresError):
                    return False

            await eventually(open_to_all, within_s=RESTORE_S, every_s=0.2)
            yield dsn
        finally:
            process.send_signal(signal.SIGINT)
            try:
                await asyncio.to_thread(process.wait, 60)
            except subprocess.TimeoutExpired:
                process.kill()
            shutil.rmtree(copy)

    async def bring_back(self, service: str, copy: Path, moment: datetime) -> None:
        """Put one service's database back to the moment, and leave the others alone.

        Nothing of the service may run.
        """
        addresses = self.stack.addresses
        name = addresses.prefix + service
        dump = self.folder / f"{service}.sql"
        async with self.restored(copy, moment) as restored_dsn:
            await self._run(
                "pg_dump",
                "--create",
                f"--file={dump}",
                f"--dbname={_without_password(dsn_of(restored_dsn, name))}",
            )
        async with _session(addresses.postgres_dsn) as conn:
            await conn.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await self._run(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            f"--file={dump}",
            f"--dbname={_without_password(addresses.postgres_dsn)}",
        )
        async with _session(dsn_of(addresses.postgres_dsn, name)) as conn:
            await conn.execute("ANALYZE")

    async def _run(self, program: str, *arguments: str) -> None:
        password = urlsplit(self.stack.addresses.postgres_dsn).password
        assert password is not None
        environment: Mapping[str, str] = base_environment() | {"PGPASSWORD": password}
        process = await asyncio.create_subprocess_exec(
            *unprivileged.command([str(paths.postgres_program(program)), *arguments]),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, complaint = await process.communicate()
        assert process.returncode == 0, f"{program}: {complaint.decode()[-2000:]}"


@asynccontextmanager
async def _session(dsn: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    conn = await asyncpg.connect(dsn, server_settings={"application_name": "backups"})
    try:
        yield conn
    finally:
        await conn.close()


def _without_password(dsn: str) -> str:
    """By its environment instead: a command line can be read by everyone on the machine."""
    address = urlsplit(dsn)
    host = address.netloc.rpartition("@")[2]
    return urlunsplit(address._replace(netloc=f"{address.username}@{host}"))
