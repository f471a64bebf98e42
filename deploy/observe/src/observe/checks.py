"""Has rules and the collector's configuration judged by the programs that will read them."""

import os
import subprocess
from pathlib import Path

from observe import places, tools

_PLACEHOLDERS = {
    "TRACES_ENDPOINT": "http://traces:4318",
    "PROMETHEUS_ENDPOINT": "http://prometheus:9090/api/v1/otlp",
}


def check_rules() -> int:
    """Check and test every rule; returns 0 where all is well.

    Raises:
        LocalProblemError: There is no promtool, and no Go to build it.
    """
    promtool = str(tools.promtool())
    rules = sorted(map(str, places.RULES.glob("*.yaml")))
    tests = sorted(map(str, places.RULE_TESTS.glob("*.yaml")))
    for command in (
        ["check", "rules", "--lint=all", "--lint-fatal", *rules],
        ["test", "rules", *tests],
    ):
        done = subprocess.run([promtool, *command], check=False)
        if done.returncode:
            return done.returncode
    return 0


def check_collector(configuration: Path = places.OTEL / "collector.yaml") -> int:
    """Have the collector judge its configuration; returns 0 where it takes it.

    Raises:
        LocalProblemError: There is no Go to build the collector.
    """
    done = subprocess.run(
        [str(tools.otelcol()), "validate", "--config", str(configuration)],
        env=os.environ | _PLACEHOLDERS,
        check=False,
    )
    if done.returncode == 0:
        print(f"{configuration.name}: valid")
    return done.returncode
