"""Where the files are that ops mount."""

from typing import Final

from local_stack.paths import REPOSITORY

PROMETHEUS: Final = REPOSITORY / "deploy/prometheus"
RULES: Final = PROMETHEUS / "rules"
RULE_TESTS: Final = PROMETHEUS / "tests"
METRICS: Final = PROMETHEUS / "metrics.json"
DASHBOARDS: Final = REPOSITORY / "deploy/grafana/dashboards"
PROVISIONING: Final = REPOSITORY / "deploy/grafana/provisioning"
OTEL: Final = REPOSITORY / "deploy/otel"
