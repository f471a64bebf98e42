"""Runs the invariant checker over a stack's databases and topics."""

import subprocess
import sys

from local_stack import paths
from local_stack.addresses import Addresses
from local_stack.databases import SERVICES
from local_stack.home import Home
from local_stack.processes import base_environment


def check(home: Home, addresses: Addresses) -> int:
    """Run the checker and let it print its table; returns 0 if the books are clean."""
    settings = {
        "CHECKER_KAFKA_SERVERS": addresses.kafka_servers,
        "CHECKER_TOPIC_PREFIX": addresses.prefix,
    }
    for service in SERVICES:
        settings[f"CHECKER_{service.upper()}_DSN"] = addresses.auditor_dsn(home, service)
    done = subprocess.run(
        [sys.executable, "-m", "checker"],
        cwd=paths.REPOSITORY,
        env=base_environment() | settings,
        check=False,
    )
    return done.returncode
