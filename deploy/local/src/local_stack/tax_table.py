"""The withholding table of the stack of `make run`: what an operator of a platform would publish.

A new system withholds nothing (decision 0036). For the evening to show what withholding does, the
stack publishes the shares that are shipped as an example, in force a little later, as the service
demands. Who has declared nothing and is paid at home is not withheld from here.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from local_stack import paths
from local_stack.addresses import Addresses
from local_stack.home import Home
from local_stack.problem import LocalProblemError
from local_stack.processes import base_environment
from local_stack.programs import service_settings

_EXAMPLE: Final = (
    paths.REPOSITORY / "services" / "payouts" / "src" / "payouts" / "data" / "withholding_us.json"
)
_AHEAD: Final = timedelta(seconds=70)
"""Tables are published a minute before they are in force; starting the command takes some more."""


class TaxTable(NamedTuple):
    """The newest withholding table."""

    effective_from: datetime
    treaty_bps: Mapping[str, int]
    """By country, what is withheld of those whose form claims its treaty."""


def publish(home: Home, addresses: Addresses) -> TaxTable:
    """Publish the stack's table once; safe to repeat.

    Raises:
        LocalProblemError: The service refused it.
    """
    # What was published is kept, since versions never change. A file without its table is left by a
    # stack that was killed in between.
    file = home.data("withholding.json")
    if not file.exists() or _publish(home, addresses) is not None:
        file.write_text(json.dumps(_dated(datetime.now(UTC) + _AHEAD), indent=2) + "\n")
        if (problem := _publish(home, addresses)) is not None:
            raise LocalProblemError(f"the withholding table could not be published: {problem}")
    newest = json.loads(file.read_text())[-1]
    return TaxTable(datetime.fromisoformat(newest["effective_from"]), newest["treaty_bps"])


def _dated(effective_from: datetime) -> list[dict[str, Any]]:
    *others, newest = json.loads(_EXAMPLE.read_text())
    return [*others, newest | {"effective_from": effective_from.isoformat(), "backup_bps": 0}]


def _publish(home: Home, addresses: Addresses) -> str | None:
    """What the service has against the file; None if its versions are published."""
    command = "publish-withholding"
    done = subprocess.run(
        [sys.executable, "-m", "payouts", command, home.data("withholding.json")],
        cwd=paths.REPOSITORY,
        env=base_environment() | service_settings("payouts", command, home, addresses),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return None if done.returncode == 0 else done.stdout.strip()
