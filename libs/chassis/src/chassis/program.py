"""The command line that every service has: api, worker, migrate, seed, publish-…, schema."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from chassis import migrate, serve, telemetry
from chassis.db import OUTAGES
from chassis.settings import MisconfiguredError, ServiceSettings, read


class _UnreadableFileError(Exception):
    """The message names the file and says why."""


class Publication[Settings: ServiceSettings](NamedTuple):
    """What a service publishes versions of, such as its catalogue."""

    command: str
    """Such as publish-catalogue."""
    first: Callable[[], bytes]
    """The file that `seed` publishes."""
    example: str
    """Where that file is, for whoever writes another."""
    publish: Callable[[Settings, bytes], Coroutine[Any, Any, str]]
    """Checks a file, publishes the versions in it that are new, and says so."""
    refused: tuple[type[Exception], ...]
    """What `publish` raises of a file that is wrong; nothing is then published."""


class Chore[Settings: ServiceSettings](NamedTuple):
    """What a service does on its database when somebody asks for it, and then ends."""

    command: str
    help: str
    settings: type[Settings]
    run: Callable[[Settings], Coroutine[Any, Any, str]]
    """Does it, and says what was done."""
    refused: tuple[type[Exception], ...]
    """What `run` raises where it could not; the message says why."""


class Program[Settings: ServiceSettings](NamedTuple):
    """A service's commands.

    Its processes are where every service has them: `<service>.api.run_api`,
    `<service>.worker.run_worker` and `<service>.graphql.schema.SCHEMA`; what they are told is
    `ApiSettings` and `WorkerSettings` of `<service>.settings`. Each command imports what it alone
    needs: a worker that crashed is back in half the time without the api's frameworks.
    """

    settings: type[Settings]
    """Of `migrate`, `seed` and publications, which need the database alone."""
    publications: Sequence[Publication[Settings]]
    """All that `seed` publishes, in this order."""
    chores: Sequence[Chore[Any]] = ()

    def run(self, given: Sequence[str] | None = None) -> int:
        """Run one command, by default the one of the command line, and return the exit status."""
        arguments = self._parser().parse_args(given)
        if arguments.command == "schema":
            from chassis.graphql import sdl

            print(sdl(self._part("graphql.schema", "SCHEMA")), end="")
            return 0
        try:
            settings: Any = read(self.settings_of(arguments.command))
        except MisconfiguredError as error:
            self._complain(f"the settings are wrong: {error}")
            return serve.EXIT_MISCONFIGURED
        match arguments.command:
            case "api" | "worker":
                process = self._part(arguments.command, f"run_{arguments.command}")
                telemetry.setup(self._name, arguments.command, settings)
                return serve.run(lambda stop: process(settings, stop))
            case _:
                return self._prepare(settings, arguments)

    def commands(self) -> tuple[str, ...]:
        """What it can do, `schema` aside, which is told nothing."""
        others = [each.command for each in (*self.chores, *self.publications)]
        return ("api", "worker", "migrate", "seed", *others)

    def settings_of(self, command: str) -> type[ServiceSettings]:
        """What a command is told: all that it uses, and no secret besides."""
        if command in {"api", "worker"}:
            return self._part("settings", f"{command.capitalize()}Settings")
        of_chores = {chore.command: chore.settings for chore in self.chores}
        return of_chores.get(command, self.settings)

    @property
    def _name(self) -> str:
        return self.settings.service

    def _part(self, module: str, name: str) -> Any:  # noqa: ANN401 - whatever stands there
        return getattr(import_module(f"{self._name}.{module}"), name)

    def _prepare(self, settings: Any, arguments: argparse.Namespace) -> int:  # noqa: ANN401 - the command's own
        """Run a command that changes the database and ends."""
        chores = {each.command: each for each in self.chores}
        failed = tuple(error for each in self.chores for error in each.refused)
        refused = tuple(error for each in self.publications for error in each.refused)
        try:
            match arguments.command:
                case "migrate":
                    applied = asyncio.run(migrate.migrate(settings.login, settings.migrations()))
                    done = [f"{len(applied)} migrations applied"]
                case "seed":
                    done = [
                        asyncio.run(each.publish(settings, each.first()))
                        for each in self.publications
                    ]
                case command if command in chores:
                    done = [asyncio.run(chores[command].run(settings))]
                case command:
                    named = next(each for each in self.publications if each.command == command)
                    done = [asyncio.run(named.publish(settings, _read(arguments.file)))]
        except refused as error:
            self._complain(f"nothing was published: {error}")
        except (migrate.EditedMigrationError, _UnreadableFileError, *failed) as error:
            self._complain(str(error))
        except OUTAGES as error:
            self._complain(f"{arguments.command} failed: {error!r}")
        else:
            for line in done:
                print(f"{self._name}: {line}")
            return 0
        return 1

    def _complain(self, problem: str) -> None:
        print(f"{self._name}: {problem}", file=sys.stderr)

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(prog=self._name)
        commands = parser.add_subparsers(dest="command", required=True)
        commands.add_parser("api", help="serve GraphQL and probes")
        commands.add_parser("worker", help="apply events and publish the outbox")
        commands.add_parser("migrate", help="bring the database up to date")
        commands.add_parser("seed", help="publish the first content; safe to repeat")
        commands.add_parser("schema", help="print the subgraph's SDL")
        for each in self.chores:
            commands.add_parser(each.command, help=each.help)
        for each in self.publications:
            publish = commands.add_parser(
                each.command, help="check a file and publish the new versions in it"
            )
            publish.add_argument("file", type=Path, help=f"JSON, like {each.example}")
        return parser


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _UnreadableFileError(f"{file} cannot be read: {error.strerror}") from error
