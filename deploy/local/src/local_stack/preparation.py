"""What must be there before the services start: databases, tables, topics, first content."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

from local_stack import databases, paths
from local_stack.addresses import Addresses
from local_stack.home import Home
from local_stack.problem import LocalProblemError
from local_stack.processes import base_environment
from local_stack.programs import service_settings


def prepare(
    home: Home, addresses: Addresses, services: Sequence[str], extra: Mapping[str, str]
) -> None:
    """Bring databases, topics and first content up to date; safe to repeat.

    Raises:
        LocalProblemError: A step failed.
    """

    def step(service: str, command: str) -> tuple[list[str], dict[str, str]]:
        settings = service_settings(service, command, home, addresses) | dict(extra)
        return [service, command], settings

    databases.create(home, addresses.postgres_dsn, prefix=addresses.prefix)
    topics = ["--servers", addresses.kafka_servers, "--prefix", addresses.prefix]
    _run_together(
        {
            "the topics": (["chassis", "topics", *topics], {}),
            **{f"{s}'s tables": step(s, "migrate") for s in services},
        }
    )
    _run_together({f"{s}'s first content": step(s, "seed") for s in services})


def clean_up(addresses: Addresses) -> None:
    """Remove the databases and roles of a stack that had them on a shared server.

    Its topics stay: the broker of the tests goes soon and its folder with it.

    Raises:
        LocalProblemError: The server refused.
    """
    assert addresses.prefix, "without a prefix the databases may be another stack's"
    names = (*databases.SERVICES, databases.AUDITOR)
    databases.drop(addresses.postgres_dsn, [addresses.prefix + name for name in names])


def _run_together(steps: Mapping[str, tuple[list[str], dict[str, str]]]) -> None:
    """Run modules of ours at the same time; name the first that failed, with its last words."""
    running = {
        what: subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=paths.REPOSITORY,
            env=base_environment() | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for what, (arguments, settings) in steps.items()
    }
    outputs = {what: process.communicate()[0] for what, process in running.items()}
    for what, process in running.items():
        if process.returncode != 0:
            print(outputs[what].rstrip(), file=sys.stderr)
            raise LocalProblemError(f"{what} could not be prepared: see the error above")
