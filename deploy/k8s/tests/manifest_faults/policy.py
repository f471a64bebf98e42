"""Breaches of the rules for pods."""

from manifest_faults.planting import Fault, body, container, cron, data, drop, pod, spec

POLICY = [
    Fault(
        "a privileged container",
        "kind",
        lambda o: container(o)["securityContext"].update(privileged=True),
        "Deployment/wallet-api: api is privileged",
    ),
    Fault(
        "a privileged job",
        "kind",
        lambda o: cron(o)["template"]["spec"]["containers"][0]["securityContext"].update(
            privileged=True
        ),
        "CronJob/checker: checker is privileged",
    ),
    Fault(
        "a job beside itself",
        "production",
        lambda o: spec(o, "CronJob", "checker").update(concurrencyPolicy="Allow"),
        "CronJob/checker: may run beside itself",
    ),
    Fault(
        "a job without an end",
        "production",
        lambda o: cron(o, "daily").pop("activeDeadlineSeconds"),
        "CronJob/daily: may run for ever",
    ),
    Fault(
        "a job that is begun at any time",
        "production",
        lambda o: spec(o, "CronJob", "daily").pop("startingDeadlineSeconds"),
        "CronJob/daily: is not begun again",
    ),
    Fault(
        "a job by somebody's clock",
        "production",
        lambda o: spec(o, "CronJob", "daily").pop("timeZone"),
        "CronJob/daily: its moments are of an unknown time zone",
    ),
    Fault(
        "a job that loses its log",
        "production",
        lambda o: cron(o)["template"]["spec"].update(restartPolicy="OnFailure"),
        "CronJob/checker: starts again in a pod",
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
