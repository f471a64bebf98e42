"""What the trial on a cluster takes for done, and what it says where it cannot begin."""

from collections.abc import Mapping
from typing import Any

import pytest

from manifests.cluster import kube, trial
from manifests.cluster.traffic import Traffic
from manifests.objects import Object, Objects
from manifests.problem import ManifestError

LABELS = {"app.kubernetes.io/name": "wallet"}


def workload(kind: str = "Deployment", **status: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {"name": "wallet", "generation": 2},
        "spec": {"replicas": 1, "selector": {"matchLabels": LABELS}},
        "status": {"observedGeneration": 2, "updatedReplicas": 1, **status},
    }


def pod(ready: str = "True", **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "wallet-0", "labels": LABELS, **metadata},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]},
    }


def show(monkeypatch: pytest.MonkeyPatch, lists: Mapping[str, list[dict[str, Any]]]) -> None:
    """A cluster that has these."""
    monkeypatch.setattr(kube, "items", lambda kinds: lists[kinds])


@pytest.mark.parametrize(
    ("workloads", "pods"),
    [
        pytest.param([], [], id="nothing-at-all"),
        pytest.param([workload()], [], id="no-pod"),
        pytest.param([workload()], [pod("False")], id="not-ready"),
        pytest.param([workload()], [pod(deletionTimestamp="now")], id="on-its-way-out"),
        pytest.param([workload()], [pod(), pod()], id="one-too-many"),
        pytest.param([workload(observedGeneration=1)], [pod()], id="change-not-seen"),
        pytest.param([workload(updatedReplicas=0)], [pod()], id="old-pod"),
        pytest.param(
            [workload("StatefulSet", currentRevision="a", updateRevision="b")],
            [pod()],
            id="old-revision",
        ),
    ],
)
def test_what_is_under_way_is_not_ready(
    workloads: list[dict[str, Any]], pods: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that goes on too early disturbs what is disturbed already, and proves little."""
    show(monkeypatch, {"deployments,statefulsets": workloads, "pods": pods})
    assert kube.unready() is not None


@pytest.mark.parametrize(
    "each",
    [workload(), workload("StatefulSet", currentRevision="b", updateRevision="b")],
    ids=["deployment", "statefulset"],
)
def test_what_has_all_its_pods_is_ready(
    each: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = pod("False") | {"status": {"phase": "Succeeded"}}
    show(monkeypatch, {"deployments,statefulsets": [each], "pods": [pod(), gone]})
    assert kube.unready() is None


def test_without_a_cluster_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: str) -> str:
        raise ManifestError("connection refused")

    monkeypatch.setattr(kube, "kubectl", refuse)
    with pytest.raises(ManifestError, match="set KUBECONFIG"):
        kube.require_cluster()


def test_without_images_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod would say so after minutes."""
    listed = [{"names": ["docker.io/library/largesse-wallet:dev"]}, {"names": None}]
    show(monkeypatch, {"nodes": [{"status": {"images": listed}}]})
    template = {
        "spec": {"containers": [{"image": f"largesse-{n}:dev"} for n in ("wallet", "gifts")]}
    }
    wanted = Objects([Object({"kind": "Deployment", "spec": {"template": template}})])
    with pytest.raises(ManifestError, match="no largesse-gifts:dev: run make images"):
        trial._require_images(wanted, within_s=0)


def test_a_cron_job_that_gives_up_ends_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Books that are not clean, or that cannot be read, are no success."""
    job = {
        "metadata": {"name": "checker-by-hand"},
        "status": {"conditions": [{"type": "Failed", "status": "True"}]},
    }
    show(monkeypatch, {"cronjobs": [{"metadata": {"name": "checker"}}], "jobs": [job]})
    monkeypatch.setattr(kube, "kubectl", lambda *_arguments: "INV1 does not hold")
    with pytest.raises(ManifestError, match="checker-by-hand has given up: INV1 does not hold"):
        trial._run_cron_jobs()


def test_the_longest_pause_counts_what_has_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the disturbance on: neither what was before it, nor only what a gift has ended."""
    flow = Traffic("http://nowhere", lambda _subject, _scope: "")
    flow._sent_at = [10.0, 100.0, 103.0]
    monkeypatch.setattr("time.monotonic", lambda: 108.0)
    assert flow.longest_pause_s(99.0) == 5.0
    assert flow.longest_pause_s(50.0) == 50.0
