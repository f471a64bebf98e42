"""Where the manifests lie, and where what checks them is kept."""

from pathlib import Path
from typing import Final

from local_stack import paths

K8S: Final = paths.REPOSITORY / "deploy" / "k8s"
OVERLAYS: Final = K8S / "overlays"
COMPONENTS: Final = K8S / "components"
LOCAL: Final = paths.LOCAL / "k8s"
"""Tools, CRDs and the keys of the `kind` overlay. Ignored by git."""


def overlay_names() -> list[str]:
    """The names of all overlays."""
    return sorted(path.parent.name for path in OVERLAYS.glob("*/kustomization.yaml"))


def overlay(name: str) -> Path:
    """The folder of an overlay."""
    return OVERLAYS / name
