"""Fields, types and versions that Kubernetes or an operator does not know."""

from manifest_faults.planting import Fault, body, container, rename, spec

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
