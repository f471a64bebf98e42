"""The trial: every overlay accepted, the `kind` overlay run, disturbed, and its books checked."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Set
from typing import Any, Final

from local_stack import checking, tax_table, tokens
from local_stack.report import report
from local_stack.run import play_evening
from manifests import crds
from manifests.cluster import kube
from manifests.cluster.addresses import cluster_addresses
from manifests.cluster.traffic import Traffic, traffic
from manifests.cluster.volumes import ensure_volumes
from manifests.kind_secrets import HOME
from manifests.objects import Objects, parse, render
from manifests.paths import LOCAL, overlay_names
from manifests.problem import ManifestError
from manifests.programs import is_ours

RUN: Final = "kind"
"""The overlay that runs for real; the others need operators whose images have to be pulled."""

_OURS: Final = "app.kubernetes.io/part-of=largesse"
_READY_S: Final = 240.0
_LISTED_S: Final = 60.0
"""A node tells of an image up to a minute after it was loaded."""
_GIFTS_AFTER: Final = 40
"""How many gifts must be sent after each disturbance before the next one."""


def run_trial() -> int:
    """Do what `make test-k8s` promises; returns 1 if the books do not balance.

    What ran is left in the namespace, to look at.

    Raises:
        ManifestError: There is no cluster, or something is not as it should be.
    """
    began = time.monotonic()
    version = kube.require_cluster()
    _say(f"Kubernetes {version['gitVersion']}")
    figures: dict[str, Any] = {"kubernetes": version["gitVersion"]}
    rendered = {name: render(name) for name in overlay_names()}
    objects = parse(rendered[RUN])
    _require_images(objects)
    _install_crds()
    _apply_namespace(objects)
    _have_accepted(rendered)
    _apply(rendered[RUN], objects)
    figures["ready_s"] = _wait_ready(objects)
    addresses = cluster_addresses(objects)
    _require_reachable(addresses.url("gateway", "/readyz"))
    _say("playing the evening through the ingress port")
    evening = play_evening(HOME, addresses, tax_table.publish(HOME, addresses), _say)
    print(f"\n{report(evening)}\n", flush=True)
    figures["evening_gifts"] = evening.gifts_sent.total()

    def token(subject: str, scope: str) -> str:
        return tokens.issue(HOME, subject, scope)

    with traffic(addresses.graphql, token) as flow:
        figures["disturbances"] = [
            *_delete_each_pod(flow),
            _disturb(flow, "rolling restart", _restart),
            _disturb(flow, "drain", _drain),
        ]
    figures |= {"gifts": len(flow.sent), "tried_again": flow.tried_again}
    _say(f"{len(flow.sent):,} gifts sent, asked for again {flow.tried_again:,} times")
    figures["jobs"] = _run_cron_jobs()
    verdict = checking.check(HOME, addresses)
    figures["books"] = "clean" if verdict == 0 else "NOT CLEAN"
    (LOCAL / "trial.json").write_text(json.dumps(figures, indent=2) + "\n")
    _say(f"done in {time.monotonic() - began:.0f} s; kubectl delete namespace largesse removes it")
    return verdict


def _require_images(objects: Objects, *, within_s: float = _LISTED_S) -> None:
    """Say soon what a pod would say after minutes."""
    wanted = {
        container["image"]
        for each in objects.with_pods()
        for container in each.containers()
        if is_ours(container)
    }
    deadline = time.monotonic() + within_s
    while missing := _unlisted(wanted):
        if time.monotonic() > deadline:
            raise ManifestError(
                f"the cluster has no {', '.join(missing)}: run make images, and load them"
                " (kind load docker-image NAME…)"
            )
        time.sleep(1)


def _unlisted(wanted: Set[str]) -> list[str]:
    """Images that no node has, as far as nodes tell."""
    images = [node["status"].get("images") or () for node in kube.items("nodes")]
    # A node lists fifty images at most, the largest first; ours may be among the others.
    if any(len(each) >= 50 for each in images):
        return []
    listed = [name for each in images for image in each for name in image.get("names") or ()]
    known = {name.removeprefix("docker.io/").removeprefix("library/") for name in listed}
    return sorted(wanted - known)


def _install_crds() -> None:
    names = [crd["metadata"]["name"] for crd in crds.crds()]
    kube.apply_bodies(crds.crds())
    kube.kubectl(
        *("wait", "--for=condition=Established", "--timeout=60s"),
        *(f"customresourcedefinition/{name}" for name in names),
    )
    _say(f"{len(names)} CRDs installed")


def _apply_namespace(objects: Objects) -> None:
    """The other objects cannot be tried without it, not even on the server's word alone."""
    namespace = objects.find("Namespace", kube.NAMESPACE)
    assert namespace is not None, "the base makes it"
    kube.apply_bodies([namespace.body])


def _have_accepted(rendered: Mapping[str, str]) -> None:
    """The overlays that are not run; by name, as text."""
    for name, text in rendered.items():
        if name != RUN:
            kube.apply(text, dry_run=True)
            _say(f"overlays/{name}: accepted by the API server ({len(parse(text))} objects)")


def _apply(text: str, objects: Objects) -> None:
    # Of an earlier trial: a Job cannot be changed.
    kube.kubectl("delete", "jobs", "--all", "--wait=true")
    made = ensure_volumes(objects, _image_with_python(objects))
    if made is not None:
        _say(made)
    kube.apply(text)
    before = _generations(text)
    changed = kube.difference(text)
    if changed:
        raise ManifestError(f"overlays/{RUN}: applied again, it would change:\n{changed[:2_000]}")
    kube.apply(text)
    after = _generations(text)
    if after != before:
        moved = sorted(name for name in before if before[name] != after.get(name))
        raise ManifestError(f"overlays/{RUN}: applied again, it changed {', '.join(moved)}")
    _say(f"overlays/{RUN}: applied, {len(objects)} objects; applied again, and nothing changed")


def _generations(text: str) -> dict[str, Any]:
    """What tells of a change of what was asked for, by object; a status may change any time."""
    return {
        f"{each['kind']}/{each['metadata']['name']}": (
            each["metadata"].get("generation"),
            each.get("data"),
        )
        for each in kube.items("--filename", "-", stdin=text)
    }


def _image_with_python(objects: Objects) -> str:
    job = objects.find("Job", "wallet-migrate")
    assert job is not None, "the base has it"
    return job.containers()[0]["image"]


def _wait_ready(objects: Objects) -> float:
    began = time.monotonic()
    wanted = {str(each) for each in objects.of("Deployment", "StatefulSet", "Job")}
    there = {
        f"{each['kind']}/{each['metadata']['name']}"
        for each in kube.items("deployments,statefulsets,jobs")
    }
    if not wanted <= there:
        raise ManifestError(f"applied, and not there: {', '.join(sorted(wanted - there))}")
    kube.wait(kube.unfinished_jobs, "migrations are not done", _READY_S)
    kube.wait(kube.unready, "not everything is ready", _READY_S)
    took = time.monotonic() - began
    _say(f"topics made, migrations applied, every pod ready after {took:.0f} s")
    return round(took, 1)


def _require_reachable(url: str) -> None:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.status == 200
    except (urllib.error.URLError, OSError, AssertionError) as error:
        raise ManifestError(
            f"{url} does not answer ({error}), though its pod is ready: the ports of the node must"
            " be reachable on loopback, as overlays/kind/cluster.yaml has them for kind"
        ) from error


def _delete_each_pod(flow: Traffic) -> list[dict[str, Any]]:
    """Every pod of everything once, servers below and stand-ins included."""
    done: list[dict[str, Any]] = []
    for pod in kube.items("pods", "--selector", _OURS):
        if pod["status"]["phase"] != "Running":
            continue
        name = pod["metadata"]["name"]

        def delete(name: str = name) -> None:
            kube.kubectl("delete", "pod", name, "--wait=true")

        done.append(_disturb(flow, f"delete {name}", delete))
    return done


def _restart() -> None:
    selector = "app.kubernetes.io/component"
    kube.kubectl("rollout", "restart", "deployments,statefulsets", "--selector", selector)


def _drain() -> None:
    """Empty the node that has most of us, as before its replacement, and give it back.

    On a cluster of one node everything goes at once and comes back at once: budgets let one pod of
    a workload go whatever the number of its pods, so that a drain ends even there.
    """
    pods = kube.items("pods", "--selector", _OURS)
    nodes = [pod["spec"]["nodeName"] for pod in pods if pod["status"]["phase"] == "Running"]
    node = max(set(nodes), key=nodes.count)
    try:
        kube.kubectl(
            *("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=300s"),
            *("--pod-selector", _OURS),
        )
    finally:
        kube.kubectl("uncordon", node)


def _disturb(flow: Traffic, what: str, disturb: Callable[[], None]) -> dict[str, Any]:
    """Do it while gifts flow; they flow again, and everything is ready again."""
    before, again = len(flow.sent), flow.tried_again
    began = time.monotonic()
    disturb()
    kube.wait(kube.unready, f"after {what} not everything is ready again", _READY_S)
    ready_s = time.monotonic() - began
    moving_s = flow.require_moving(_GIFTS_AFTER, within_s=180)
    paused_s = flow.longest_pause_s(began)
    sent, tried = len(flow.sent) - before, flow.tried_again - again
    _say(
        f"{what}: ready after {ready_s:.0f} s, {_GIFTS_AFTER} gifts sent {moving_s:.1f} s later;"
        f" {sent} in all, {tried} asked for again, none for {paused_s:.1f} s"
    )
    return {
        "what": what,
        "ready_s": round(ready_s, 1),
        "moving_s": round(moving_s, 1),
        "gifts": sent,
        "tried_again": tried,
        "paused_s": round(paused_s, 1),
    }


def _run_cron_jobs() -> list[dict[str, Any]]:
    """Each once, one after the other, as somebody does by hand.

    Raises:
        ManifestError: One of them did not succeed.
    """
    done: list[dict[str, Any]] = []
    for each in kube.items("cronjobs"):
        name = each["metadata"]["name"]
        began = time.monotonic()
        kube.kubectl("create", "job", f"{name}-by-hand", f"--from=cronjob/{name}")
        kube.wait(kube.unfinished_jobs, f"{name} has not ended", _READY_S)
        took_s = time.monotonic() - began
        _say(f"CronJob {name}: its job succeeded after {took_s:.0f} s")
        done.append({"name": name, "s": round(took_s, 1)})
    return done


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)
