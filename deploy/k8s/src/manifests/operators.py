"""What operators make of custom resources: Secrets, Services and pods that are in no manifest."""

from collections.abc import Iterator, Mapping

from manifests.objects import Objects


def made_secrets(objects: Objects) -> Mapping[str, frozenset[str] | None]:
    """Secrets by name, with their keys; None where the keys are not known from here."""
    made: dict[str, frozenset[str] | None] = {}
    for each in objects.of("Kafka"):
        # https://strimzi.io/docs/operators/latest/deploying: configuring clients to trust the CA
        made[f"{each.name}-cluster-ca-cert"] = frozenset({"ca.crt", "ca.p12", "ca.password"})
    for each in objects.of("KafkaUser"):
        made[each.name] = {
            "scram-sha-512": frozenset({"password", "sasl.jaas.config"}),
            "tls": frozenset({"ca.crt", "user.crt", "user.key", "user.p12", "user.password"}),
        }[each.spec["authentication"]["type"]]
    for each in objects.of("Cluster"):
        # https://cloudnative-pg.io/documentation: applications connect
        keys = {"username", "user", "password", "dbname", "host", "port", "uri", "jdbc-uri"}
        made[f"{each.name}-app"] = frozenset({*keys, "pgpass"})
        made[f"{each.name}-ca"] = frozenset({"ca.crt", "ca.key"})
    for each in objects.of("ExternalSecret"):
        data = each.spec.get("data") or ()
        keys = None if each.spec.get("dataFrom") else frozenset(one["secretKey"] for one in data)
        made[each.spec.get("target", {}).get("name", each.name)] = keys
    for each in objects.of("Gateway"):
        # Whoever issues certificates writes it: see components/ingress.
        for listener in each.spec["listeners"]:
            for reference in listener.get("tls", {}).get("certificateRefs", ()):
                made[reference["name"]] = frozenset({"tls.crt", "tls.key"})
    return made


def made_services(objects: Objects) -> Mapping[str, set[int]]:
    """Services by name, with their ports."""
    made: dict[str, set[int]] = {}
    for each in objects.of("Kafka"):
        ports = {listener["port"] for listener in each.spec["kafka"]["listeners"]}
        made[f"{each.name}-kafka-bootstrap"] = ports
    for each in objects.of("Cluster"):
        for kind in ("rw", "ro", "r"):
            made[f"{each.name}-{kind}"] = {5432}
    return made


def made_pods(objects: Objects) -> Iterator[tuple[str, Mapping[str, str], Mapping[str, int]]]:
    """Pods: whose they are, their labels, and their ports by name."""
    for each in objects.of("KafkaNodePool"):
        template = each.spec.get("template", {}).get("pod", {}).get("metadata", {})
        cluster = each.labels["strimzi.io/cluster"]
        labels = {
            "strimzi.io/cluster": cluster,
            "strimzi.io/name": f"{cluster}-kafka",
            "strimzi.io/kind": "Kafka",
            "strimzi.io/pool-name": each.name,
            **template.get("labels", {}),
        }
        if "broker" in each.spec["roles"]:
            labels["strimzi.io/broker-role"] = "true"
        yield str(each), labels, {}
    for each in objects.of("Kafka"):
        template = each.spec.get("entityOperator", {}).get("template", {}).get("pod", {})
        labels = {
            "strimzi.io/cluster": each.name,
            "strimzi.io/name": f"{each.name}-entity-operator",
            "strimzi.io/kind": "Kafka",
            **template.get("metadata", {}).get("labels", {}),
        }
        yield f"{each} (entity operator)", labels, {}
    for each in objects.of("Cluster"):
        labels = {
            "cnpg.io/cluster": each.name,
            "cnpg.io/podRole": "instance",
            **each.spec.get("inheritedMetadata", {}).get("labels", {}),
        }
        yield str(each), labels, {"postgresql": 5432, "metrics": 9187}
