"""The local Prometheus watches every process under the name that rules know it by."""

import re
from pathlib import Path

from local_stack.ports import DEFAULTS
from local_stack.programs import PROGRAMS
from observe import metrics, rules, server

NOT_OURS_TO_WATCH = {"trace-store", "payment-sandbox", "sandbox-bank", "demo-page"}
"""They stand in for what a cluster has otherwise, or has not at all."""


def test_every_process_is_scraped_under_its_name() -> None:
    told = server.configuration(DEFAULTS)["scrape_configs"]

    targets = {each["job_name"]: each["static_configs"][0]["targets"] for each in told}
    assert targets == {
        name: [f"127.0.0.1:{DEFAULTS[name]}"] for name in PROGRAMS if name not in NOT_OURS_TO_WATCH
    }


def test_every_process_is_missed_when_it_is_gone() -> None:
    """A process that was added is added to the alert."""
    (alert,) = [each for each in rules.alerts() if each.name == "NobodyServes"]

    assert set(re.findall(r'up\{job="([a-z-]+)"\}', alert.expr)) == metrics.PROCESSES.keys()


def test_every_rule_is_loaded() -> None:
    files = server.configuration(DEFAULTS)["rule_files"]

    assert {Path(each).name for each in files} == {"objectives.yaml", "conditions.yaml"}
