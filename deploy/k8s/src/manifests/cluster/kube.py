"""A cluster, by kubectl: whatever KUBECONFIG points to."""

import json
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from manifests import tools
from manifests.problem import ManifestError

NAMESPACE: Final = "largesse"
MANAGER: Final = "largesse-manifests"
"""Who applies: what others have set (KEDA, a person with kubectl) is theirs."""


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    """Run kubectl in our namespace, and return what it printed.

    Raises:
        ManifestError: It failed.
    """
    command = [tools.kubectl(), "--namespace", NAMESPACE, *arguments]
    return tools.run(command, f"kubectl {' '.join(arguments[:3])} failed", stdin=stdin)


def items(*arguments: str, stdin: str | None = None) -> list[dict[str, Any]]:
    """The objects that `kubectl get` lists.

    Raises:
        ManifestError: It failed.
    """
    return json.loads(kubectl("get", *arguments, "--output", "json", stdin=stdin))["items"]


def apply(text: str, *, dry_run: bool = False) -> None:
    """Apply objects on the server, which refuses unknown and double fields.

    Raises:
        ManifestError: The API server refused one.
    """
    more = ["--dry-run=server"] if dry_run else []
    kubectl(*_APPLY, *more, "--filename", "-", stdin=text)


def apply_bodies(bodies: Iterable[Mapping[str, Any]]) -> None:
    """The same with objects that no file has.

    Raises:
        ManifestError: The API server refused one.
    """
    apply("---\n".join(json.dumps(body) + "\n" for body in bodies))


_APPLY: Final = (
    *("apply", "--server-side", "--validate=strict", "--force-conflicts"),
    f"--field-manager={MANAGER}",
)


def difference(text: str) -> str:
    """What applying would change; nothing where that is nothing.

    Raises:
        ManifestError: The API server refused.
    """
    done = subprocess.run(
        [
            *(tools.kubectl(), "--namespace", NAMESPACE, "diff", "--server-side"),
            *("--force-conflicts", f"--field-manager={MANAGER}", "--filename", "-"),
        ],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode > 1:
        raise ManifestError(f"kubectl diff failed: {done.stderr.strip()[-1_000:]}")
    return done.stdout


def require_cluster() -> Mapping[str, Any]:
    """The version of the API server that answers.

    Raises:
        ManifestError: None does, it is too old, or it has no node.
    """
    try:
        version = json.loads(kubectl("version", "--output", "json"))["serverVersion"]
    except (ManifestError, KeyError) as error:
        raise ManifestError(
            "no cluster answers, and this needs one: set KUBECONFIG to one that may be filled and"
            " emptied; for one of your own:\n"
            "    kind create cluster --config deploy/k8s/overlays/kind/cluster.yaml\n"
            f"({error})"
        ) from error
    number = int(version["major"]), int(version["minor"].rstrip("+"))
    if number < (1, 32):
        raise ManifestError(f"the cluster is Kubernetes {version['gitVersion']}: 1.32 or newer")
    ready = [node for node in items("nodes") if _is_true(node, "Ready")]
    if not ready:
        raise ManifestError("the cluster has no node that is ready: see kubectl get nodes")
    return version


def _is_true(each: Mapping[str, Any], condition: str) -> bool:
    return any(
        found["type"] == condition and found["status"] == "True"
        for found in each["status"].get("conditions", ())
    )


def wait(condition: Callable[[], str | None], what: str, timeout_s: float) -> None:
    """Wait until a condition says nothing any more of what is missing.

    Raises:
        ManifestError: It still does after the time; with what each pod was waiting for.
    """
    deadline = time.monotonic() + timeout_s
    while (missing := condition()) is not None:
        if time.monotonic() > deadline:
            raise ManifestError(f"{what} after {timeout_s:.0f} s: {missing}\n{describe_pods()}")
        time.sleep(1)


def unready() -> str | None:
    """Workloads whose newest pods are not all there and ready, in words; None where all are."""
    found = items("deployments,statefulsets")
    if not found:
        return "there is nothing any more"
    # Pods themselves: what a workload says of them is late.
    pods = [
        pod for pod in items("pods") if pod["status"].get("phase") not in ("Succeeded", "Failed")
    ]
    missing = [
        each["metadata"]["name"]
        for each in found
        if not _is_rolled_out(each)
        or [_serves(pod) for pod in pods if _owns(each, pod)] != [True] * each["spec"]["replicas"]
    ]
    return ", ".join(missing) + " not ready" if missing else None


def _is_rolled_out(each: Mapping[str, Any]) -> bool:
    status = each["status"]
    if status.get("observedGeneration", 0) < each["metadata"]["generation"]:
        return False
    if each["kind"] == "StatefulSet":
        return status.get("currentRevision") == status.get("updateRevision")
    return status.get("updatedReplicas", 0) == each["spec"]["replicas"]


def _owns(each: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    labels = pod["metadata"].get("labels", {})
    return each["spec"]["selector"]["matchLabels"].items() <= labels.items()


def _serves(pod: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and _is_true(pod, "Ready")


def unfinished_jobs() -> str | None:
    """Jobs that have not completed; None where all have.

    Raises:
        ManifestError: One has given up.
    """
    missing: list[str] = []
    for job in items("jobs"):
        name = job["metadata"]["name"]
        if _is_true(job, "Failed"):
            raise ManifestError(f"Job {name} has given up: {_log('job/' + name)}")
        if not _is_true(job, "Complete"):
            missing.append(name)
    return ", ".join(missing) + " not complete" if missing else None


def describe_pods() -> str:
    """A line per pod that is not ready: why, and its last words."""
    lines: list[str] = []
    for pod in items("pods"):
        if pod["status"].get("phase") == "Succeeded" or _is_true(pod, "Ready"):
            continue
        name = pod["metadata"]["name"]
        states = [
            f"{status['name']}: {json.dumps(status['state'])[:200]}"
            for status in pod["status"].get("containerStatuses", ())
        ]
        conditions = [
            condition["message"]
            for condition in pod["status"].get("conditions", ())
            if condition["status"] == "False" and condition.get("message")
        ]
        lines.append(f"{name}: {'; '.join(states + conditions)}\n    {_log(name)}")
    return "\n".join(lines)


def _log(name: str) -> str:
    try:
        return kubectl("logs", name, "--all-containers", "--tail=3").strip()[-500:]
    except ManifestError:
        return "(no log)"
