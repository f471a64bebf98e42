"""Every metric that is exported, as the code declares it, and the list of them that is kept.

The list (deploy/prometheus/metrics.json) is what queries of rules and dashboards are held to. It is
compared with the code, and with what a running stack really answers.
"""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Final, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from chassis.telemetry import metrics as of_every_process
from checker import telling as of_the_checker
from live_hub import metrics as of_the_hub
from local_stack import paths
from local_stack.databases import SERVICES
from observe import places

PROCESSES: Final[Mapping[str, str]] = {
    **{f"{service}-{process}": "service" for service in SERVICES for process in ("api", "worker")},
    "live-hub": "live-hub",
    "gateway": "gateway",
}
"""What Prometheus scrapes: the values of the label `job`, and who of `Metric.of` each is."""

_ALSO: Final = {"live-hub": ("service",)}
"""Whose metrics a process exports beside its own."""

_GATEWAYS = """
import { Registry } from 'prom-client';
const { Metrics } = await import('./federation/metrics.ts');
const registry = new Registry();
new Metrics(registry);
const types = new Map((await registry.getMetricsAsJSON()).map((each) => [each.name, each.type]));
const found = registry
  .getMetricsAsArray()
  .map((each) => [each.name, types.get(each.name), each.labelNames]);
console.log(JSON.stringify(found));
process.exit(0);
"""


class Metric(NamedTuple):
    """One metric, under the name that queries use; a histogram's without its suffix."""

    name: str
    type: str
    labels: tuple[str, ...]
    of: str
    """Who exports it: `service`, `live-hub`, `gateway` or `checker`."""

    @property
    def series(self) -> Mapping[str, frozenset[str]]:
        """The names of its series, each with its labels."""
        labels = frozenset(self.labels)
        if self.type != "histogram":
            return {self.name: labels}
        return {
            f"{self.name}_bucket": labels | {"le"},
            f"{self.name}_sum": labels,
            f"{self.name}_count": labels,
        }


def declared() -> list[Metric]:
    """What the code declares, by name."""
    found = [
        *_of_module(of_every_process, "service"),
        *_of_module(of_the_hub, "live-hub"),
        *_of_gateway(),
        *(
            Metric(name, "gauge", labels, "checker")
            for name, labels in of_the_checker.METRICS.items()
        ),
    ]
    return sorted(found)


def kept() -> list[Metric]:
    """The list that is kept."""
    return [
        Metric(each["name"], each["type"], tuple(each["labels"]), each["of"])
        for each in json.loads(places.METRICS.read_text())
    ]


def write() -> None:
    """Keep what the code declares."""
    rows = [json.dumps(each._asdict()) for each in declared()]
    places.METRICS.write_text("[\n  " + ",\n  ".join(rows) + "\n]\n")


def unlisted(process: str, answer: str, listed: Iterable[Metric]) -> list[str]:
    """What a process answers to a scrape and the list does not have.

    Args:
        process: One of `PROCESSES`.
        answer: In Prometheus' text format.
        listed: The list.
    """
    whose = {PROCESSES[process], *_ALSO.get(process, ())}
    known = {
        name: labels for each in listed if each.of in whose for name, labels in each.series.items()
    }
    return sorted(
        {
            f"{sample.name}{sorted(sample.labels)}"
            for family in text_string_to_metric_families(answer)
            for sample in family.samples
            # When a series began: prometheus_client tells it with each counter and histogram.
            if not sample.name.endswith("_created")
            and known.get(sample.name) != frozenset(sample.labels)
        }
    )


def _of_module(module: ModuleType, of: str) -> Iterator[Metric]:
    for value in vars(module).values():
        if getattr(value, "__module__", "").startswith("prometheus_client.registry"):
            continue
        if isinstance(value, type) or not hasattr(value, "collect"):
            continue
        for family in value.collect():
            labels = getattr(value, "_labelnames", None)
            if labels is None:
                labels = sorted({name for each in family.samples for name in each.labels} - {"le"})
            suffix = "_total" if family.type == "counter" else ""
            yield Metric(family.name + suffix, family.type, tuple(labels), of)


def _of_gateway() -> Iterator[Metric]:
    done = subprocess.run(
        [str(paths.node()), "--input-type=module", "-e", _GATEWAYS],
        cwd=paths.GATEWAY,
        capture_output=True,
        text=True,
        check=True,
    )
    for name, kind, labels in json.loads(done.stdout):
        yield Metric(name, kind, tuple(labels), "gateway")
