"""Manifests that are made from other files of the repository, and committed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from chassis.kafka import settings_of
from checker.topics import audited
from contracts import catalogue
from contracts.event import Topic
from local_stack.databases import SERVICES
from local_stack.paths import REPOSITORY
from manifests.paths import COMPONENTS
from manifests.streams import (
    CHECKER,
    HUB,
    PARTITIONS,
    by_name,
    consumed,
    produced,
    recovering,
    reread,
    watched,
)

_CLUSTER: Final = {"strimzi.io/cluster": "largesse"}
_HEAD: Final = "# Made by `make manifests-generated` from {source}; not edited.\n"


def write() -> list[str]:
    """Write what is not as it should be, and return the paths."""
    changed = outdated()
    for path, text in _documents().items():
        if str(path.relative_to(REPOSITORY)) in changed:
            path.write_text(text)
    return changed


def outdated() -> list[str]:
    """Paths of generated files that are not what they are made from."""
    return [
        str(path.relative_to(REPOSITORY))
        for path, text in _documents().items()
        if not path.exists() or path.read_text() != text
    ]


def _documents() -> Mapping[Path, str]:
    kafka = COMPONENTS / "kafka-strimzi"
    rules = sorted((REPOSITORY / "deploy" / "prometheus" / "rules").glob("*.yaml"))
    return {
        kafka / "topics.yaml": _text("libs/contracts", topics()),
        kafka / "users.yaml": _text("libs/contracts and the consumers' source", users()),
        COMPONENTS / "observability" / "rules.yaml": _text(
            "deploy/prometheus/rules", prometheus_rules(rules)
        ),
    }


def topics() -> list[dict[str, Any]]:
    """A KafkaTopic for each topic of the contracts."""
    return [
        {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaTopic",
            # Names of objects have no underscores; names of topics have.
            "metadata": {"name": topic.name.replace("_", "-"), "labels": _CLUSTER},
            "spec": {
                "topicName": topic.name,
                "partitions": PARTITIONS,
                "replicas": 3,
                "config": {"min.insync.replicas": 2, **settings_of(topic)},
            },
        }
        for topic in by_name(catalogue.topics())
    ]


def users() -> list[dict[str, Any]]:
    """A KafkaUser for each service, its recovery, hub, checker and KEDA, with what it does and no
    more."""
    made = [
        _user(
            service,
            [
                *_on_topics(produced(service), "Describe", "Write"),
                *_on_topics(consumed()[service], "Describe", "Read"),
                _on("group", service, "Read"),
            ],
        )
        for service in SERVICES
    ]
    made += [
        _user(recovering(service), _on_topics(by_name(topics), "Describe", "Read"))
        for service, topics in reread().items()
    ]
    made.append(_user(HUB, _on_topics(watched(), "Describe", "Read")))
    made.append(_user(CHECKER, _on_topics(by_name(audited()), "Describe", "Read")))
    read = {topic for topics in consumed().values() for topic in topics}
    made.append(
        _user(
            "keda",
            [
                *_on_topics(by_name(read), "Describe"),
                *(_on("group", service, "Describe") for service in SERVICES),
            ],
        )
    )
    return made


def _user(name: str, acls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {"name": name, "labels": _CLUSTER},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": list(acls)},
        },
    }


def _on_topics(topics: Iterable[Topic], *operations: str) -> list[dict[str, Any]]:
    return [_on("topic", topic.name, *operations) for topic in topics]


def _on(kind: str, name: str, *operations: str) -> dict[str, Any]:
    return {
        "resource": {"type": kind, "name": name, "patternType": "literal"},
        "operations": list(operations),
    }


def prometheus_rules(files: Sequence[Path]) -> list[dict[str, Any]]:
    """A PrometheusRule for each file of rules."""
    return [
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": f"largesse-{file.stem}"},
            "spec": yaml.safe_load(file.read_text()),
        }
        for file in files
    ]


class _Dumper(yaml.SafeDumper):
    """Repeats what stands twice, instead of referring to it."""

    def ignore_aliases(self, data: object) -> bool:
        """Always."""
        return True


def _text(source: str, documents: Sequence[Mapping[str, Any]]) -> str:
    dump: Callable[..., str] = yaml.dump
    body = "---\n".join(
        dump(document, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
        for document in documents
    )
    return _HEAD.format(source=source) + body
