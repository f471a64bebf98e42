"""The rules of the house for pods: one check per rule."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from manifests.objects import Object, Objects, matches
from manifests.programs import is_ours, program_of

type Check = Callable[[Objects], Iterator[str]]

_GATEWAY_GRACE_S: Final = 20
"""Its default, which TypeScript has."""

MARGIN_S: Final = 10
"""What a process may need after its grace: connections that hang, telemetry, the exit itself."""


def check_pod_security(objects: Objects) -> Iterator[str]:
    """The restricted standard: https://kubernetes.io/docs/concepts/security/pod-security-standards"""
    for namespace in objects.of("Namespace"):
        for mode in ("enforce", "warn", "audit"):
            if namespace.labels.get(f"pod-security.kubernetes.io/{mode}") != "restricted":
                yield f"{namespace}: pod security is not restricted ({mode})"
    for each in objects.with_pods():
        spec = each.pod_spec
        if any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{each}: shares the node's network or processes"
        for volume in spec.get("volumes") or ():
            kinds = volume.keys() - {"name"}
            if not kinds <= {*_VOLUMES}:
                yield f"{each}: volumes of kind {', '.join(kinds)} are not allowed"
        for container in each.containers():
            for problem in _container_security(container, spec.get("securityContext") or {}):
                yield f"{each}: {container['name']} {problem}"


_VOLUMES: Final = (
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim"),
    *("projected", "secret"),
)


def _container_security(container: Any, pod: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    own = container.get("securityContext") or {}
    both = {**pod, **own}
    if own.get("privileged"):
        yield "is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if own.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "keeps capabilities"
    if set(own.get("capabilities", {}).get("add") or ()) - {"NET_BIND_SERVICE"}:
        yield "adds capabilities"
    if both.get("runAsNonRoot") is not True or both.get("runAsUser", 1) == 0:
        yield "may run as root"
    if both.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield "may make any system call"
    if any(port.get("hostPort") for port in container.get("ports") or ()):
        yield "takes a port of the node"


def check_read_only_root(objects: Objects) -> Iterator[str]:
    """Programs of ours write to volumes alone."""
    for each in objects.with_pods():
        for container in each.containers():
            read_only = (container.get("securityContext") or {}).get("readOnlyRootFilesystem")
            if is_ours(container) and read_only is not True:
                yield f"{each}: {container['name']} may write to its own files"


def check_tokens(objects: Objects) -> Iterator[str]:
    """Nobody of ours talks to the API server, so nobody has a token for it."""
    for account in objects.of("ServiceAccount"):
        if account.body.get("automountServiceAccountToken") is not False:
            yield f"{account}: hands out tokens"
    for each in objects.with_pods():
        if each.pod_spec.get("automountServiceAccountToken") is not False:
            yield f"{each}: has a token for the API server"
        if each.pod_spec.get("serviceAccountName", "default") == "default":
            yield f"{each}: runs as the default account"


def check_service_links(objects: Objects) -> Iterator[str]:
    """A Service called gateway would say GATEWAY_PORT to every pod, which the gateway reads."""
    for each in objects.with_pods():
        if each.pod_spec.get("enableServiceLinks") is not False:
            yield f"{each}: is told of Services by variables (enableServiceLinks)"


def check_probes(objects: Objects) -> Iterator[str]:
    """What serves says whether it lives and whether it is ready, by the paths of the chassis."""
    for each in objects.of("Deployment", "StatefulSet"):
        for container in each.pod_spec["containers"]:
            if program_of(container) is None:
                if "readinessProbe" not in container:
                    yield f"{each}: {container['name']} does not say when it is ready"
                continue
            is_stand_in = "sandboxes" in container["image"]
            wanted = {"startupProbe": "/livez", "livenessProbe": "/livez"}
            for probe, path in {} if is_stand_in else wanted.items():
                if (container.get(probe) or {}).get("httpGet", {}).get("path") != path:
                    yield f"{each}: {probe} does not ask {path}"
            ready = (container.get("readinessProbe") or {}).get("httpGet", {})
            if ready.get("path") != "/readyz":
                yield f"{each}: readinessProbe does not ask /readyz"


def check_termination(objects: Objects) -> Iterator[str]:
    """A process is not killed before it has had its grace."""
    for each in objects.of("Deployment", "StatefulSet"):
        for container in each.pod_spec["containers"]:
            grace = _grace_s(container, objects)
            if grace is None:
                continue
            before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
            needed = before.get("seconds", 0) + grace + MARGIN_S
            has = each.pod_spec.get("terminationGracePeriodSeconds", 30)
            if has < needed:
                yield f"{each}: is killed after {has} s, and may need {needed:g}"


def check_pre_stop(objects: Objects) -> Iterator[str]:
    """Whoever a Service leads to waits until nobody is led there any more."""
    for each in objects.of("Deployment"):
        for container in each.pod_spec["containers"]:
            if program_of(container) is None:
                continue
            sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
            if sleep.get("seconds", 0) < 1:
                yield f"{each}: stops before the Service has forgotten it"


def check_resources(objects: Objects) -> Iterator[str]:
    """Requests for both, a limit on memory, none on the processor (which would hold batches)."""
    for each in objects.with_pods():
        for container in each.containers():
            resources = container.get("resources") or {}
            requests = resources.get("requests") or {}
            limits = resources.get("limits") or {}
            if not {"cpu", "memory"} <= requests.keys():
                yield f"{each}: {container['name']} does not say what it needs"
            if "memory" not in limits:
                yield f"{each}: {container['name']} may take all memory"
            if "cpu" in limits and is_ours(container):
                yield f"{each}: {container['name']} is throttled"


def check_disruption(objects: Objects) -> Iterator[str]:
    """Each serving workload of ours may lose one pod at a time to a drain, and always one."""
    budgets = list(objects.of("PodDisruptionBudget"))
    for each in objects.of("Deployment", "StatefulSet"):
        if not _serves(each):
            continue
        covering = [b for b in budgets if matches(b.spec["selector"], each.pod_labels)]
        if len(covering) != 1:
            yield f"{each}: {len(covering)} disruption budgets are for it, not one"
        for budget in covering:
            if budget.spec.get("maxUnavailable") != 1 or "minAvailable" in budget.spec:
                yield f"{budget}: must let one pod go, whatever their number is"


def check_spread(objects: Objects) -> Iterator[str]:
    """Pods of a workload spread over zones and nodes."""
    for each in objects.of("Deployment", "StatefulSet"):
        if not _serves(each):
            continue
        keys = {
            constraint["topologyKey"]
            for constraint in each.pod_spec.get("topologySpreadConstraints") or ()
        }
        if keys != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{each}: does not spread over zones and nodes"


def check_roll_out(objects: Objects) -> Iterator[str]:
    """Nothing of what serves goes before what replaces it is ready."""
    for each in objects.of("Deployment"):
        rolling = (each.spec.get("strategy") or {}).get("rollingUpdate") or {}
        if _serves(each) and rolling.get("maxUnavailable") != 0:
            yield f"{each}: lets pods go before others are ready"


def check_workers(objects: Objects) -> Iterator[str]:
    """A worker has a name of its own in its group: its pod's, of a StatefulSet."""
    for each in objects.with_pods():
        for container in each.containers():
            if (container.get("args") or ["", ""])[1:2] != ["worker"]:
                continue
            named = [
                variable["valueFrom"]["fieldRef"]["fieldPath"]
                for variable in container.get("env") or ()
                if variable["name"].endswith("_KAFKA_INSTANCE")
            ]
            if each.kind != "StatefulSet" or named != ["metadata.name"]:
                yield f"{each}: its worker has no name that outlives it"


def check_migrations(objects: Objects) -> Iterator[str]:
    """Each service has a Job that migrates, of the very image that its processes run."""
    for each in objects.of("Deployment", "StatefulSet"):
        for container in each.pod_spec["containers"]:
            if (container.get("args") or ["", ""])[1:2] not in (["api"], ["worker"]):
                continue
            jobs = [
                job
                for job in objects.of("Job")
                for one in job.containers()
                if one["image"] == container["image"]
                and one["args"] == [container["args"][0], "migrate"]
            ]
            if len(jobs) != 1:
                yield f"{each}: {len(jobs)} Jobs migrate with {container['image']}, not one"


def check_cron_jobs(objects: Objects) -> Iterator[str]:
    """What runs by the clock runs once at a time, ends, and is not begun long after its moment."""
    for each in objects.of("CronJob"):
        job = each.spec["jobTemplate"]["spec"]
        if each.spec.get("concurrencyPolicy") != "Forbid":
            yield f"{each}: may run beside itself"
        if "activeDeadlineSeconds" not in job:
            yield f"{each}: may run for ever, and nothing runs after it"
        if "startingDeadlineSeconds" not in each.spec:
            yield f"{each}: is not begun again once it has missed a hundred moments"
        if each.spec.get("timeZone") != "Etc/UTC":
            yield f"{each}: its moments are of an unknown time zone"
        if each.pod_spec.get("restartPolicy") != "Never":
            yield f"{each}: starts again in a pod that is gone when it has ended, with its log"


def check_images(objects: Objects) -> Iterator[str]:
    """An image is named by a version: what runs is what was tried."""
    for each in objects.with_pods():
        for container in each.containers():
            name, _, digest = container["image"].partition("@")
            tag = name.rpartition("/")[2].partition(":")[2]
            if not digest and tag in ("", "latest"):
                yield f"{each}: {container['image']} may be anything"


def check_secrets(objects: Objects) -> Iterator[str]:
    """No secret is a variable of ours: files change without a restart, nobody inherits them."""
    for each in objects.with_pods():
        for container in each.containers():
            if not is_ours(container) or "sandboxes" in container["image"]:
                continue
            if any("secretRef" in source for source in container.get("envFrom") or ()):
                yield f"{each}: {container['name']} gets a Secret as variables"
            for variable in container.get("env") or ():
                if "secretKeyRef" in (variable.get("valueFrom") or {}):
                    yield f"{each}: {variable['name']} comes as a variable"
        for volume in each.pod_spec.get("volumes") or ():
            projected = volume.get("projected") or {}
            if "secret" in volume or any("secret" in s for s in projected.get("sources") or ()):
                mode = (volume.get("secret") or projected).get("defaultMode", 0o644)
                if mode & 0o007:
                    yield f"{each}: everybody may read the volume {volume['name']}"


def check_volume_permissions(objects: Objects) -> Iterator[str]:
    """What lies on a volume keeps its permissions: PostgreSQL refuses what its group may write.

    Found on a cluster: with the default, the second start of such a pod fails, and all after it.
    """
    for each in objects.of("StatefulSet"):
        security = each.pod_spec.get("securityContext") or {}
        changes = "fsGroup" in security and security.get("fsGroupChangePolicy") != "OnRootMismatch"
        if each.spec.get("volumeClaimTemplates") and changes:
            yield f"{each}: each start changes permissions on its volumes"


RULES: Final[tuple[Check, ...]] = (
    check_pod_security,
    check_read_only_root,
    check_tokens,
    check_service_links,
    check_probes,
    check_termination,
    check_pre_stop,
    check_resources,
    check_disruption,
    check_spread,
    check_roll_out,
    check_workers,
    check_migrations,
    check_cron_jobs,
    check_images,
    check_secrets,
    check_volume_permissions,
)


def _serves(each: Object) -> bool:
    """Whether it is a part of the system: neither a server below it nor somebody's stand-in."""
    return any(
        is_ours(container) and "sandboxes" not in container["image"]
        for container in each.pod_spec["containers"]
    )


def _grace_s(container: Any, objects: Objects) -> float | None:  # noqa: ANN401 - YAML
    program = program_of(container)
    if program is None:
        return None
    for source in container.get("envFrom") or ():
        settings = objects.find("ConfigMap", source["configMapRef"]["name"])
        told = settings and settings.body["data"].get(f"{program.prefix}SHUTDOWN_GRACE_S")
        if told:
            return float(told)
    if program.name == "gateway":
        return _GATEWAY_GRACE_S
    return program.settings().model_fields["shutdown_grace_s"].default
