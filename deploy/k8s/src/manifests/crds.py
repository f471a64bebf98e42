"""The custom resources that the components use, as their operators publish them, pinned.

Modules come by `go mod download`, which checks them against what their authors published; Strimzi's
are made by its own generator from its own jars, and compared with what was looked at when they were
pinned.
"""

import hashlib
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from local_stack import paths as local_paths
from local_stack.file_lock import FileLock
from local_stack.problem import LocalProblemError
from local_stack.setup import copy_jars
from manifests import tools
from manifests.objects import bodies
from manifests.paths import K8S, LOCAL
from manifests.problem import ManifestError


class Module(NamedTuple):
    """A published Go module that carries CRDs; Apache License 2.0, all of them."""

    path: str
    version: str
    sum: str
    """What go.sum would say of it."""
    files: tuple[str, ...]


MODULES: Final = (
    Module(
        "github.com/cloudnative-pg/cloudnative-pg",
        "v1.28.0",
        "h1:vkv0a0ewDSfJOPJrsyUr4uczsxheReAWf/k171V0Dm0=",
        (
            "config/crd/bases/postgresql.cnpg.io_clusters.yaml",
            "config/crd/bases/postgresql.cnpg.io_scheduledbackups.yaml",
        ),
    ),
    Module(
        "github.com/cloudnative-pg/plugin-barman-cloud",
        "v0.15.0",
        "h1:gNVytrzzYUE08wxLDrjfJqy1FPPSFkMe1OEr4s4pVI0=",
        ("config/crd/bases/barmancloud.cnpg.io_objectstores.yaml",),
    ),
    Module(
        "github.com/kedacore/keda/v2",
        "v2.20.2",
        "h1:SR60v8uIcelbveS8n/1jcl8tLdBBIbHMxmdOHw8tKqA=",
        (
            "config/crd/bases/keda.sh_scaledobjects.yaml",
            "config/crd/bases/keda.sh_triggerauthentications.yaml",
        ),
    ),
    Module(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        (
            "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        ),
    ),
    Module(
        "sigs.k8s.io/gateway-api",
        "v1.6.3",
        "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=",
        (
            "config/crd/standard/gateway.networking.k8s.io_gateways.yaml",
            "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
        ),
    ),
    Module(
        "github.com/external-secrets/external-secrets",
        "v1.3.2",
        "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
        ("config/crds/bases/external-secrets.io_externalsecrets.yaml",),
    ),
)

STRIMZI_POM: Final = K8S / "crds" / "strimzi.xml"
_STRIMZI: Final = {
    "kafka.Kafka": "b5b27fc8d52068a77cde7c40d47c068023c7b4e92fc266c45200db2d2506392a",
    "nodepool.KafkaNodePool": "411c1b32ef8c1a6408ac9d4fe791115a6ce2b41107204588f976a3ed19be2430",
    "topic.KafkaTopic": "36390f0731c699448076d4ee739e8b7f331d083e91a7fb71500aaa830ab1127e",
    "user.KafkaUser": "c7e91b9b027a516b43dc7d369e781ee23a6ea177ae15fe0c33af6f722e26e05f",
}
"""Strimzi's class and the SHA-256 of what its generator makes of it."""


@cache
def folder() -> Path:
    """A folder with one file per CRD, fetched or made the first time.

    Raises:
        ManifestError: One cannot be had, or is not what was pinned.
    """
    pinned = hashlib.sha256(repr((MODULES, _STRIMZI)).encode() + STRIMZI_POM.read_bytes())
    target = LOCAL / "crds" / pinned.hexdigest()[:16]
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.parent / "lock"):
        if not target.exists():
            draft = target.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            for module in MODULES:
                _copy(module, draft)
            _make_strimzi(draft)
            draft.rename(target)
    return target


@cache
def crds() -> tuple[dict[str, Any], ...]:
    """Every CRD."""
    files = sorted(folder().glob("*.yaml"))
    return tuple(each for file in files for each in bodies(file.read_text()))


def _copy(module: Module, target: Path) -> None:
    with tempfile.TemporaryDirectory() as empty:
        command = [tools.go(), "-C", empty, "mod", "download", "-json"]
        answer = tools.run(
            [*command, f"{module.path}@{module.version}"],
            f"{module.path} {module.version} cannot be fetched (the network? GOPROXY?)",
        )
    fetched = json.loads(answer)
    if fetched["Sum"] != module.sum:
        raise ManifestError(
            f"{module.path} {module.version} is not what was pinned: {fetched['Sum']} instead of"
            f" {module.sum}; do not use it before somebody has looked at it"
        )
    for name in module.files:
        source = Path(fetched["Dir"]) / name
        (target / source.name).write_bytes(source.read_bytes())


def _make_strimzi(target: Path) -> None:
    jars = LOCAL / "strimzi"
    try:
        copy_jars(STRIMZI_POM, jars, "Strimzi's jars")
    except LocalProblemError as error:
        raise ManifestError(str(error)) from error
    model = "io.strimzi.api.kafka.model"
    files = {name: target / f"{name}.yaml" for name in _STRIMZI}
    # As Strimzi's own build calls it (api/pom.xml).
    tools.run(
        [
            *(str(local_paths.java()), "-cp", f"{jars}/*", "io.strimzi.crdgenerator.CrdGenerator"),
            *("--label", "app:strimzi", "--label", "strimzi.io/crd-install:true"),
            *("--target-kube", "1.16+", "--crd-api-version", "v1"),
            *("--api-versions", "v1", "--storage-version", "v1", "--yaml"),
            *(f"{model}.{name}={file}" for name, file in files.items()),
        ],
        "Strimzi's generator failed",
    )
    for name, file in files.items():
        made = hashlib.sha256(file.read_bytes()).hexdigest()
        if made != _STRIMZI[name]:
            raise ManifestError(
                f"Strimzi's {name} is not what was pinned: {made}; do not use it before somebody"
                " has looked at it"
            )
