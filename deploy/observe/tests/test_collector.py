"""The collector's configuration names what is built in; `make test-otel` asks the collector."""

import re
from typing import Any

import yaml

from observe import places


def component(module: str, kind: str) -> str:
    """A component's type, by the name of its module: `otlphttpexporter` is `otlphttp`."""
    name = module.split()[0].rpartition("/")[2].removesuffix(kind)
    return {"memorylimiter": "memory_limiter", "healthcheck": "health_check"}.get(name, name)


def test_everything_configured_is_built_in() -> None:
    """And used, and the other way round."""
    built: dict[str, Any] = yaml.safe_load((places.OTEL / "builder.yaml").read_text())
    told: dict[str, Any] = yaml.safe_load((places.OTEL / "collector.yaml").read_text())

    for section, kind in (
        ("extensions", "extension"),
        ("receivers", "receiver"),
        ("processors", "processor"),
        ("exporters", "exporter"),
    ):
        there = {component(each["gomod"], kind) for each in built[section]}
        assert {name.partition("/")[0] for name in told[section]} == there
    used = {
        (section, name)
        for pipeline in told["service"]["pipelines"].values()
        for section, names in pipeline.items()
        for name in names
    }
    assert used == {
        (section, name)
        for section in ("receivers", "processors", "exporters")
        for name in told[section]
    }


def test_what_it_is_told_is_said_at_its_top() -> None:
    """Whoever deploys it reads there which variables to set."""
    text = (places.OTEL / "collector.yaml").read_text()

    read = set(re.findall(r"\$\{env:([A-Z_]+)", text))
    assert read == set(re.findall(r"^# ([A-Z_]+)  ", text, re.MULTILINE))
