"""Runs the invariant checker and the daily job over a stack's databases and topics."""

import subprocess
import sys
from typing import Final

from local_stack import paths
from local_stack.addresses import Addresses
from local_stack.databases import SERVICES
from local_stack.home import Home
from local_stack.processes import base_environment

OVERDUE: Final = 3
"""The daily job's exit status for what is nothing to do with the books."""


def check(home: Home, addresses: Addresses) -> int:
    """Run the checker and let it print its table; returns 0 if the books are clean."""
    return _run(home, addresses, "checker")


def daily(home: Home, addresses: Addresses, *arguments: str) -> int:
    """Run the daily job and let it print its report; returns its exit status.

    That is `OVERDUE` where the books are clean and something has waited for too long.
    """
    return _run(home, addresses, "checker.daily", *arguments)


def settings(home: Home, addresses: Addresses) -> dict[str, str]:
    """What both programs are told: where a stack is, and how they are let in."""
    told = {
        "CHECKER_KAFKA_SERVERS": addresses.kafka_servers,
        "CHECKER_TOPIC_PREFIX": addresses.prefix,
    }
    for service in SERVICES:
        told[f"CHECKER_{service.upper()}_DSN"] = addresses.auditor_dsn(home, service)
    return told


def _run(home: Home, addresses: Addresses, program: str, *arguments: str) -> int:
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments],
        cwd=paths.REPOSITORY,
        env=base_environment() | settings(home, addresses),
        check=False,
    )
    return done.returncode
