"""Topics, users and scaling agree with the contracts and with each other."""

from collections.abc import Iterator, Mapping
from typing import Any

from checker.topics import audited
from contracts import catalogue
from local_stack.databases import SERVICES
from manifests.environment import environments
from manifests.objects import Object, Objects
from manifests.programs import program_of
from manifests.streams import (
    CHECKER,
    HUB,
    PARTITIONS,
    consumed,
    produced,
    recovering,
    reread,
    watched,
)


def check_streams(objects: Objects) -> Iterator[str]:
    """Where topics are made by an operator: which there are, and who may do what with them."""
    topics = list(objects.of("KafkaTopic"))
    if not topics:
        return
    declared = {topic.name: topic for topic in catalogue.topics()}
    made = {each.spec.get("topicName", each.name): each for each in topics}
    for name in sorted(declared.keys() - made.keys()):
        yield f"topic {name} is declared, and nobody makes it"
    for name in sorted(made.keys() - declared.keys()):
        yield f"topic {name} is made, and nobody declares it"
    for name in sorted(made.keys() & declared.keys()):
        spec = made[name].spec
        if spec["partitions"] != PARTITIONS:
            yield f"topic {name} has {spec['partitions']} partitions, not {PARTITIONS}"
        if spec["replicas"] != 3 or spec["config"]["min.insync.replicas"] != 2:
            yield f"topic {name} is not kept by three brokers, two at least"
        retention_s = declared[name].retention_s
        wanted = None if retention_s is None else retention_s * 1_000
        if spec["config"].get("retention.ms") != wanted:
            yield f"topic {name} keeps records for another time than the contracts say"
    yield from _check_users(objects)
    yield from _check_entries(objects)
    yield from _check_scaling(objects)


def _check_users(objects: Objects) -> Iterator[str]:
    wanted: dict[str, set[tuple[str, str, str]]] = {}
    for service in SERVICES:
        wanted[service] = {("group", service, "Read")}
        for topics, operation in ((produced(service), "Write"), (consumed()[service], "Read")):
            for topic in topics:
                wanted[service] |= {("topic", topic.name, o) for o in (operation, "Describe")}
    for service, topics in reread().items():
        rights = {("topic", t.name, o) for t in topics for o in ("Read", "Describe")}
        wanted[recovering(service)] = rights
    wanted[HUB] = {("topic", t.name, o) for t in watched() for o in ("Read", "Describe")}
    wanted[CHECKER] = {("topic", t.name, o) for t in audited() for o in ("Read", "Describe")}
    wanted["keda"] = {("group", service, "Describe") for service in SERVICES}
    wanted["keda"] |= {
        ("topic", topic.name, "Describe") for topics in consumed().values() for topic in topics
    }
    users = {each.name: each for each in objects.of("KafkaUser")}
    for name in sorted(wanted.keys() ^ users.keys()):
        yield f"KafkaUser {name}: {'is missing' if name in wanted else 'nobody needs it'}"
    for name in sorted(wanted.keys() & users.keys()):
        acls = users[name].spec["authorization"]["acls"]
        allowed = {right for acl in acls for right in _rights(acl)}
        for right in sorted(wanted[name] - allowed):
            yield f"KafkaUser {name} may not {' '.join(right)}"
        for right in sorted(allowed - wanted[name]):
            yield f"KafkaUser {name} may {' '.join(right)}, and does not need to"


def _check_entries(objects: Objects) -> Iterator[str]:
    """Each enters Kafka under the name that has its rights, and with that one's password."""
    for each in environments(objects):
        program = program_of(each.container)
        if program is None or f"{program.prefix}KAFKA_USERNAME" not in program.names():
            continue
        name = each.values.get(f"{program.prefix}KAFKA_USERNAME")
        if name is None:
            continue
        wanted = program.name.partition(".")[0].replace("_", "-")
        if each.container["args"][1:2] == ["recover"]:
            wanted = recovering(wanted)
        if name != wanted:
            yield f"{each.owner}: enters Kafka as {name}, not as {wanted}"
        passwords = set(_secrets_of(each.owner, f"{program.prefix}KAFKA_PASSWORD"))
        if passwords != {wanted}:
            yield f"{each.owner}: {wanted}'s password for Kafka is looked for in {passwords}"


def _secrets_of(owner: Object, file: str) -> Iterator[str]:
    """The Secrets that a pod has a file of this name from."""
    for volume in owner.pod_spec.get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            secret = source.get("secret") or {}
            if any(item["path"] == file for item in secret.get("items") or ()):
                yield secret["name"]


def _rights(acl: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    resource = acl["resource"]
    name = resource.get("name", "*")
    if resource.get("patternType", "literal") != "literal":
        name += "*"
    for operation in acl["operations"]:
        yield resource["type"], name, operation


def _check_scaling(objects: Objects) -> Iterator[str]:
    """Workers follow the lag of all that they read, and are never more than partitions."""
    for service in SERVICES:
        scaled = [
            each
            for each in objects.of("ScaledObject")
            if each.spec["scaleTargetRef"]["name"] == f"{service}-worker"
        ]
        for each in scaled:
            if each.spec["maxReplicaCount"] > PARTITIONS:
                yield f"{each}: more workers than the {PARTITIONS} partitions have nothing to do"
            triggers = [t["metadata"] for t in each.spec["triggers"] if t["type"] == "kafka"]
            topics = {trigger["topic"] for trigger in triggers}
            if topics != {topic.name for topic in consumed()[service]}:
                yield f"{each}: follows {sorted(topics)}, which is not what {service} reads"
            if any(trigger["consumerGroup"] != service for trigger in triggers):
                yield f"{each}: follows another group than {service}"
    targets = {
        (each.spec["scaleTargetRef"].get("kind", "Deployment"), each.spec["scaleTargetRef"]["name"])
        for each in objects.of("ScaledObject")
    }
    for each in objects.of("Deployment", "StatefulSet"):
        if (each.kind, each.name) in targets and "replicas" in each.spec:
            yield f"{each}: says how many replicas it has, and so does KEDA"
