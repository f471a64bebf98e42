"""Rules and their tests, read from the files that Prometheus and promtool read."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from observe import metrics, places, queries


class Alert(NamedTuple):
    """An alert of one severity."""

    name: str
    expr: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class Recording(NamedTuple):
    """A rule that records a series."""

    series: str
    expr: str
    labels: Mapping[str, str]


def rules() -> list[Alert | Recording]:
    """All of them, in the order of their files."""
    return [
        Alert(each["alert"], each["expr"], each.get("labels", {}), each.get("annotations", {}))
        if "alert" in each
        else Recording(each["record"], each["expr"], each.get("labels", {}))
        for path in sorted(places.RULES.glob("*.yaml"))
        for group in yaml.safe_load(path.read_text())["groups"]
        for each in group["rules"]
    ]


def alerts() -> list[Alert]:
    """The alerts."""
    return [each for each in rules() if isinstance(each, Alert)]


def known_series() -> Mapping[str, frozenset[str]]:
    """Every series that a query may name: exported ones and recorded ones, with their labels."""
    exported = [pair for each in metrics.kept() for pair in each.series.items()]
    known = dict(queries.known_series(exported, {}))
    for rule in rules():
        if isinstance(rule, Recording):
            labels = queries.result_labels(rule.expr, known) | rule.labels.keys()
            known[rule.series] = known.get(rule.series, frozenset()) | labels
    return known


def tested() -> Iterator[tuple[str, bool, frozenset[str]]]:
    """Per check of an alert by a rule test: its name, whether it fires, and the severities."""
    for path in sorted(places.RULE_TESTS.glob("*.yaml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for check in test.get("alert_rule_test", ()):
                fires: list[dict[str, Any]] = check["exp_alerts"]
                severities = frozenset(each["exp_labels"]["severity"] for each in fires)
                yield check["alertname"], bool(fires), severities
