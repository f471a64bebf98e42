"""Each fault that a check is for, planted in what is rendered, is found."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from manifests.checks.network import check_network
from manifests.checks.policy import RULES
from manifests.checks.references import check_references
from manifests.checks.schemas import check_schemas
from manifests.checks.settings import check_completeness, check_settings
from manifests.checks.streams import check_streams
from manifests.objects import Object, Objects

type Rendered = Callable[[str], Objects]
type Check = Callable[[Objects], Iterator[str]]
type Plant = Callable[[Objects], None]

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("manifests")]


class Fault(NamedTuple):
    name: str
    overlay: str
    plant: Plant
    said: str
    """What must be said of it, and is not said without it."""


def body(objects: Objects, kind: str, name: str) -> Any:
    """One object, to be changed; its name may go on with a hash."""
    return next(
        each.body
        for each in objects.of(kind)
        if each.name == name or each.name.rpartition("-")[0] == name
    )


def spec(objects: Objects, kind: str, name: str) -> Any:
    return body(objects, kind, name)["spec"]


def pod(objects: Objects, kind: str, name: str) -> Any:
    return spec(objects, kind, name)["template"]["spec"]


def container(objects: Objects, kind: str = "Deployment", name: str = "wallet-api") -> Any:
    return pod(objects, kind, name)["containers"][0]


def drop(objects: Objects, kind: str, name: str) -> None:
    found = body(objects, kind, name)
    objects._all = tuple(each for each in objects if each.body is not found)


def add(objects: Objects, new: dict[str, Any]) -> None:
    objects._all = (*objects._all, Object(new))


def data(objects: Objects, name: str) -> Any:
    return body(objects, "ConfigMap", name)["data"]


def rename(mapping: Any, old: str, new: str) -> None:
    mapping[new] = mapping.pop(old)


SCHEMAS = [
    Fault(
        "a field that Kubernetes does not know",
        "kind",
        lambda o: rename(spec(o, "Deployment", "gateway"), "replicas", "replica"),
        "Deployment/gateway: spec: Additional properties",
    ),
    Fault(
        "a value of another type",
        "kind",
        lambda o: container(o)["ports"][0].update(containerPort="8080"),
        "Deployment/wallet-api: spec/template/spec/containers/0/ports/0/containerPort",
    ),
    Fault(
        "a version that has gone",
        "kind",
        lambda o: body(o, "PodDisruptionBudget", "gateway").update(apiVersion="policy/v1beta1"),
        "has no PodDisruptionBudget of policy/v1beta1",
    ),
    *(
        Fault(
            f"a field that a {kind} does not have",
            "production",
            lambda o, kind=kind, name=name: spec(o, kind, name).update(misspelt=1),
            f"{kind}/{name}: spec: Additional properties",
        )
        for kind, name in (
            ("Kafka", "largesse"),
            ("KafkaNodePool", "brokers"),
            ("KafkaTopic", "gifts.gift.v1"),
            ("KafkaUser", "wallet"),
            ("Cluster", "wallet-postgres"),
            ("ScheduledBackup", "wallet-postgres"),
            ("ObjectStore", "wallet-postgres"),
            ("ScaledObject", "wallet-worker"),
            ("TriggerAuthentication", "kafka"),
            ("Gateway", "largesse"),
            ("HTTPRoute", "graphql"),
            ("ExternalSecret", "wallet-secrets"),
            ("ServiceMonitor", "largesse"),
            ("PodMonitor", "postgres"),
            ("PrometheusRule", "largesse-conditions"),
        )
    ),
]

REFERENCES = [
    Fault(
        "a missing Secret",
        "kind",
        lambda o: drop(o, "Secret", "payouts-secrets"),
        "StatefulSet/payouts-worker: there is no Secret payouts-secrets",
    ),
    Fault(
        "a missing Secret of an operator",
        "production",
        lambda o: drop(o, "KafkaUser", "gifts"),
        "StatefulSet/gifts-worker: there is no Secret gifts",
    ),
    Fault(
        "a Secret without the key",
        "kind",
        lambda o: body(o, "Secret", "wallet-postgres")["data"].clear(),
        "has no key password",
    ),
    Fault(
        "a missing ConfigMap",
        "kind",
        lambda o: drop(o, "ConfigMap", "gateway-settings"),
        "Deployment/gateway: there is no ConfigMap gateway-settings",
    ),
    Fault(
        "a Service that leads to a port that nobody has",
        "kind",
        lambda o: spec(o, "Service", "gateway")["ports"][0].update(targetPort="htpp"),
        "Service/gateway: Deployment/gateway has no port htpp",
    ),
    Fault(
        "a Service that leads to nobody",
        "kind",
        lambda o: spec(o, "Service", "gateway")["selector"].update({"app.kubernetes.io/name": "x"}),
        "Service/gateway: no pod has the labels",
    ),
    Fault(
        "a probe of a port that nobody has",
        "kind",
        lambda o: container(o)["readinessProbe"]["httpGet"].update(port="metrics"),
        "Deployment/wallet-api: readinessProbe asks port metrics",
    ),
    Fault(
        "an address with a wrong port",
        "kind",
        lambda o: data(o, "gateway-settings").update(
            GATEWAY_WALLET_URL="http://wallet-api:8080/graphql"
        ),
        "GATEWAY_WALLET_URL names port 8080 of wallet-api",
    ),
    Fault(
        "an address of nobody",
        "production",
        lambda o: data(o, "wallet-settings").update(
            WALLET_DATABASE_DSN="postgresql://wallet@wallet-postgres:5432/wallet"
        ),
        "WALLET_DATABASE_DSN names wallet-postgres, which is no Service",
    ),
    Fault(
        "a missing ServiceAccount",
        "kind",
        lambda o: drop(o, "ServiceAccount", "gifts-worker"),
        "StatefulSet/gifts-worker: there is no ServiceAccount gifts-worker",
    ),
    Fault(
        "a budget for nobody",
        "kind",
        lambda o: spec(o, "PodDisruptionBudget", "live-hub")["selector"]["matchLabels"].update(
            {"app.kubernetes.io/component": "hubs"}
        ),
        "PodDisruptionBudget/live-hub: no pod has the labels",
    ),
    Fault(
        "a volume that is not there",
        "kind",
        lambda o: pod(o, "Deployment", "wallet-api")["volumes"].pop(),
        "mounts",
    ),
    Fault(
        "a route to a port that the Service does not have",
        "production",
        lambda o: spec(o, "HTTPRoute", "graphql")["rules"][0]["backendRefs"][0].update(port=8080),
        "HTTPRoute/graphql: Service/gateway has no port 8080",
    ),
    Fault(
        "a monitor of a port that Services do not have",
        "production",
        lambda o: spec(o, "ServiceMonitor", "largesse")["endpoints"][0].update(port="metrics"),
        "has no port metrics",
    ),
    Fault(
        "a scaled object of nobody",
        "production",
        lambda o: drop(o, "StatefulSet", "gifts-worker"),
        "ScaledObject/gifts-worker: there is no StatefulSet gifts-worker",
    ),
    Fault(
        "a backup of nobody",
        "production",
        lambda o: spec(o, "ScheduledBackup", "gifts-postgres")["cluster"].update(name="postgres"),
        "ScheduledBackup/gifts-postgres: there is no Cluster postgres",
    ),
    Fault(
        "two node ports that are one",
        "kind",
        lambda o: spec(o, "Service", "gateway")["ports"][0].update(nodePort=30420),
        "node port 30420 is",
    ),
]

SETTINGS = [
    Fault(
        "a misspelt variable",
        "kind",
        lambda o: rename(
            data(o, "gifts-settings"), "GIFTS_BATTLE_LENGTH_S", "GIFTS_BATTLE_LENTH_S"
        ),
        "gifts has no setting GIFTS_BATTLE_LENTH_S",
    ),
    Fault(
        "a misspelt variable of the gateway",
        "kind",
        lambda o: data(o, "gateway-settings").update(GATEWAY_RATE_LIMITS="1"),
        "gateway has no setting GATEWAY_RATE_LIMITS",
    ),
    Fault(
        "a misspelt file",
        "kind",
        lambda o: rename(
            body(o, "Secret", "wallet-secrets")["data"],
            "WALLET_SANDBOX_API_KEY",
            "WALLET_SANDBOX_KEY",
        ),
        "wallet has no setting WALLET_SANDBOX_KEY",
    ),
    Fault(
        "a missing variable",
        "kind",
        lambda o: data(o, "payouts-settings").pop("PAYOUTS_PUBLIC_URL"),
        "PAYOUTS_PUBLIC_URL is not told",
    ),
    Fault(
        "another service's variable",
        "kind",
        lambda o: data(o, "payouts-settings").update(WALLET_HTTP_HOST="0.0.0.0"),
        "WALLET_HTTP_HOST is no setting of payouts",
    ),
    Fault(
        "a value that the program refuses",
        "kind",
        lambda o: data(o, "live-hub-settings").update(LIVE_HUB_HTTP_PORT="many"),
        "live_hub would not start",
    ),
    Fault(
        "a value that the gateway refuses",
        "kind",
        lambda o: data(o, "gateway-settings").update(GATEWAY_PORT="many"),
        "gateway would not start: GATEWAY_PORT is not a whole number",
    ),
    Fault(
        "a variable that is a file as well",
        "production",
        lambda o: data(o, "wallet-settings").update(WALLET_KAFKA_PASSWORD="x"),
        "WALLET_KAFKA_PASSWORD is said twice",
    ),
    Fault(
        "half of what TLS to Kafka needs",
        "production",
        lambda o: data(o, "wallet-settings").pop("WALLET_KAFKA_USERNAME"),
        "wallet would not start",
    ),
]

COMPLETENESS = [
    Fault(
        "a setting that nobody has thought of",
        "production",
        lambda o: data(o, "gifts-settings").pop("GIFTS_OTLP_ENDPOINT"),
        "gifts: nobody says GIFTS_OTLP_ENDPOINT",
    ),
]

POLICY = [
    Fault(
        "a privileged container",
        "kind",
        lambda o: container(o)["securityContext"].update(privileged=True),
        "Deployment/wallet-api: api is privileged",
    ),
    Fault(
        "a namespace that lets anything run",
        "kind",
        lambda o: body(o, "Namespace", "largesse")["metadata"]["labels"].clear(),
        "Namespace/largesse: pod security is not restricted",
    ),
    Fault(
        "a container that may gain privileges",
        "kind",
        lambda o: container(o)["securityContext"].pop("allowPrivilegeEscalation"),
        "may gain privileges",
    ),
    Fault(
        "a container that keeps capabilities",
        "kind",
        lambda o: container(o)["securityContext"].pop("capabilities"),
        "keeps capabilities",
    ),
    Fault(
        "a pod that runs as root",
        "kind",
        lambda o: pod(o, "Job", "wallet-migrate")["securityContext"].update(runAsUser=0),
        "may run as root",
    ),
    Fault(
        "a pod without a filter of system calls",
        "kind",
        lambda o: pod(o, "StatefulSet", "kafka")["securityContext"].pop("seccompProfile"),
        "may make any system call",
    ),
    Fault(
        "a folder of the node",
        "kind",
        lambda o: pod(o, "StatefulSet", "kafka")["volumes"].append(
            {"name": "data2", "hostPath": {"path": "/"}}
        ),
        "volumes of kind hostPath",
    ),
    Fault(
        "a root that can be written",
        "kind",
        lambda o: container(o)["securityContext"].pop("readOnlyRootFilesystem"),
        "api may write to its own files",
    ),
    Fault(
        "a token for the API server",
        "kind",
        lambda o: pod(o, "Deployment", "gateway").pop("automountServiceAccountToken"),
        "Deployment/gateway: has a token",
    ),
    Fault(
        "an account that hands out tokens",
        "kind",
        lambda o: body(o, "ServiceAccount", "gateway").pop("automountServiceAccountToken"),
        "ServiceAccount/gateway: hands out tokens",
    ),
    Fault(
        "variables of Services",
        "kind",
        lambda o: pod(o, "Deployment", "gateway").pop("enableServiceLinks"),
        "Deployment/gateway: is told of Services",
    ),
    Fault(
        "no probe",
        "kind",
        lambda o: container(o).pop("livenessProbe"),
        "Deployment/wallet-api: livenessProbe does not ask /livez",
    ),
    Fault(
        "a probe of another path",
        "kind",
        lambda o: container(o)["readinessProbe"]["httpGet"].update(path="/livez"),
        "Deployment/wallet-api: readinessProbe does not ask /readyz",
    ),
    Fault(
        "a kill before the batch has ended",
        "kind",
        lambda o: pod(o, "StatefulSet", "wallet-worker").update(terminationGracePeriodSeconds=20),
        "StatefulSet/wallet-worker: is killed after 20 s",
    ),
    Fault(
        "a grace that grew past the kill",
        "kind",
        lambda o: data(o, "wallet-settings").update(WALLET_SHUTDOWN_GRACE_S="60"),
        "Deployment/wallet-api: is killed after 45 s",
    ),
    Fault(
        "a stop that nobody has heard of",
        "kind",
        lambda o: container(o).pop("lifecycle"),
        "stops before the Service has forgotten it",
    ),
    Fault(
        "no requests",
        "kind",
        lambda o: container(o)["resources"].pop("requests"),
        "does not say what it needs",
    ),
    Fault(
        "no limit of memory",
        "kind",
        lambda o: container(o)["resources"].pop("limits"),
        "may take all memory",
    ),
    Fault(
        "a limit of the processor",
        "kind",
        lambda o: container(o)["resources"]["limits"].update(cpu="1"),
        "api is throttled",
    ),
    Fault(
        "no budget",
        "kind",
        lambda o: drop(o, "PodDisruptionBudget", "gifts-worker"),
        "StatefulSet/gifts-worker: 0 disruption budgets",
    ),
    Fault(
        "a budget that no drain gets past",
        "kind",
        lambda o: spec(o, "PodDisruptionBudget", "gateway").update(maxUnavailable=0),
        "PodDisruptionBudget/gateway: must let one pod go",
    ),
    Fault(
        "all pods in one place",
        "production",
        lambda o: pod(o, "Deployment", "gateway")["topologySpreadConstraints"].pop(),
        "Deployment/gateway: does not spread",
    ),
    Fault(
        "pods that go before others are ready",
        "production",
        lambda o: spec(o, "Deployment", "gateway").pop("strategy"),
        "Deployment/gateway: lets pods go",
    ),
    Fault(
        "a worker without a name",
        "kind",
        lambda o: container(o, "StatefulSet", "gifts-worker").pop("env"),
        "StatefulSet/gifts-worker: its worker has no name",
    ),
    Fault(
        "a migration of another release",
        "kind",
        lambda o: pod(o, "Job", "gifts-migrate")["initContainers"][0].update(
            image="largesse-gifts:old"
        ),
        "Deployment/gifts-api: 0 Jobs migrate",
    ),
    Fault(
        "an image that may be anything",
        "kind",
        lambda o: container(o).update(image="largesse-wallet:latest"),
        "largesse-wallet:latest may be anything",
    ),
    Fault(
        "a secret as a variable",
        "kind",
        lambda o: container(o).update(
            env=[
                {
                    "name": "WALLET_DATABASE_PASSWORD",
                    "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}},
                }
            ]
        ),
        "WALLET_DATABASE_PASSWORD comes as a variable",
    ),
    Fault(
        "permissions that change with each start",
        "kind",
        lambda o: pod(o, "StatefulSet", "wallet-postgres")["securityContext"].pop(
            "fsGroupChangePolicy"
        ),
        "StatefulSet/wallet-postgres: each start changes permissions",
    ),
    Fault(
        "a secret that everybody may read",
        "kind",
        lambda o: pod(o, "Deployment", "wallet-api")["volumes"][0]["projected"].update(
            defaultMode=0o644
        ),
        "everybody may read the volume secrets",
    ),
]

_OPEN = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "open"},
    "spec": {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}},
        "policyTypes": ["Egress"],
        "egress": [{"ports": [{"port": 5432}], "to": [{"podSelector": {}}]}],
    },
}

NETWORK = [
    Fault(
        "a way that nobody drew",
        "kind",
        lambda o: add(o, _OPEN),
        "gateway may reach wallet-postgres on 5432, which nobody drew",
    ),
    Fault(
        "a way that is closed",
        "production",
        lambda o: drop(o, "NetworkPolicy", "gifts-worker"),
        "gifts-worker cannot reach kafka on 9093",
    ),
    Fault(
        "nothing denied",
        "kind",
        lambda o: drop(o, "NetworkPolicy", "default-deny"),
        "nothing is denied",
    ),
    Fault(
        "anywhere outside",
        "production",
        lambda o: spec(o, "NetworkPolicy", "gifts-worker")["egress"].append(
            {"ports": [{"port": 443}]}
        ),
        "gifts-worker may reach outside on 443, which nobody drew",
    ),
]

STREAMS = [
    Fault(
        "a topic with other partitions",
        "production",
        lambda o: spec(o, "KafkaTopic", "gifts.gift.v1").update(partitions=8),
        "topic gifts.gift.v1 has 8 partitions, not 24",
    ),
    Fault(
        "a topic that nobody makes",
        "production",
        lambda o: drop(o, "KafkaTopic", "wallet.charge.v1"),
        "topic wallet.charge.v1 is declared, and nobody makes it",
    ),
    Fault(
        "a topic that is kept once",
        "production",
        lambda o: spec(o, "KafkaTopic", "wallet.charge.v1").update(replicas=1),
        "topic wallet.charge.v1 is not kept by three",
    ),
    Fault(
        "a topic that is kept for another time",
        "production",
        lambda o: spec(o, "KafkaTopic", "gifts.live.v1")["config"].update({"retention.ms": 1}),
        "topic gifts.live.v1 keeps records for another time",
    ),
    Fault(
        "a right too many",
        "production",
        lambda o: spec(o, "KafkaUser", "live-hub")["authorization"]["acls"][0]["operations"].append(
            "Write"
        ),
        "KafkaUser live-hub may topic",
    ),
    Fault(
        "a right that is missing",
        "production",
        lambda o: spec(o, "KafkaUser", "payouts")["authorization"]["acls"].pop(),
        "KafkaUser payouts may not group payouts Read",
    ),
    Fault(
        "rights to whatever begins like this",
        "production",
        lambda o: spec(o, "KafkaUser", "wallet")["authorization"]["acls"][0]["resource"].update(
            patternType="prefix"
        ),
        "*",
    ),
    Fault(
        "more workers than partitions",
        "production",
        lambda o: spec(o, "ScaledObject", "gifts-worker").update(maxReplicaCount=25),
        "ScaledObject/gifts-worker: more workers than the 24 partitions",
    ),
    Fault(
        "a topic that nobody watches the lag of",
        "production",
        lambda o: spec(o, "ScaledObject", "gifts-worker")["triggers"].pop(),
        "ScaledObject/gifts-worker: follows",
    ),
    Fault(
        "a number of pods that two say",
        "production",
        lambda o: spec(o, "Deployment", "gateway").update(replicas=3),
        "Deployment/gateway: says how many replicas",
    ),
]


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        pytest.param(check, fault, id=fault.name.replace(" ", "-"))
        for check, faults in (
            (check_references, REFERENCES),
            (check_settings, SETTINGS),
            (check_completeness, COMPLETENESS),
            (check_network, NETWORK),
            (check_streams, STREAMS),
        )
        for fault in faults
    ],
)
def test_it_is_found(check: Check, fault: Fault, rendered: Rendered) -> None:
    """And only because it was planted: the overlay alone has nothing that would be said."""
    planted = rendered(fault.overlay)
    fault.plant(planted)
    assert any(fault.said in problem for problem in check(planted)), list(check(planted))


@pytest.mark.parametrize("fault", [pytest.param(f, id=f.name.replace(" ", "-")) for f in SCHEMAS])
def test_what_a_schema_forbids_is_found(fault: Fault, rendered: Rendered) -> None:
    """Looks at what was changed alone: schemas take their time."""
    planted = rendered(fault.overlay)
    fault.plant(planted)
    before = [each.body for each in rendered(fault.overlay)]
    changed = Objects(each for each in planted if each.body not in before)
    said = list(check_schemas(changed))
    assert any(fault.said in problem for problem in said), said


@pytest.mark.parametrize("fault", [pytest.param(f, id=f.name.replace(" ", "-")) for f in POLICY])
def test_a_breach_of_policy_is_found(fault: Fault, rendered: Rendered) -> None:
    planted = rendered(fault.overlay)
    fault.plant(planted)
    said = [problem for rule in RULES for problem in rule(planted)]
    assert any(fault.said in problem for problem in said), said


def test_every_rule_has_a_fault(rendered: Rendered) -> None:
    """A rule that no planted fault breaks may be one that nothing breaks."""
    broken: set[str] = set()
    for fault in POLICY:
        planted = rendered(fault.overlay)
        fault.plant(planted)
        broken |= {rule.__name__ for rule in RULES if any(True for _ in rule(planted))}
    assert broken == {rule.__name__ for rule in RULES}
