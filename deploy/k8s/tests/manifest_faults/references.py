"""Names that lead nowhere."""

from manifest_faults.planting import Fault, body, container, data, drop, pod, spec

REFERENCES = [
    Fault(
        "a missing Secret",
        "kind",
        lambda o: drop(o, "Secret", "payouts-secrets"),
        "StatefulSet/payouts-worker: there is no Secret payouts-secrets",
    ),
    Fault(
        "a missing Secret of a job",
        "kind",
        lambda o: drop(o, "Secret", "checker-postgres"),
        "CronJob/daily: there is no Secret checker-postgres",
    ),
    Fault(
        "a missing Secret of a role",
        "production",
        lambda o: drop(o, "ExternalSecret", "checker-postgres"),
        "Cluster/gifts-postgres: there is no Secret checker-postgres",
    ),
    Fault(
        "a Secret of a role without its name",
        "production",
        lambda o: spec(o, "ExternalSecret", "checker-postgres")["data"].pop(0),
        "Cluster/wallet-postgres: Secret checker-postgres has no key username",
    ),
    Fault(
        "a job's address with a wrong name",
        "production",
        lambda o: data(o, "checker-settings").update(
            CHECKER_GIFTS_DSN="postgresql://checker@gifts-postgres:5432/gifts"
        ),
        "CronJob/checker: CHECKER_GIFTS_DSN names gifts-postgres, which is no Service",
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
