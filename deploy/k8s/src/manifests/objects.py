"""Rendered objects, and the parts of them that checks ask for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from manifests import tools
from manifests.paths import overlay

POD_OWNERS: Final = ("Deployment", "StatefulSet", "Job", "CronJob", "DaemonSet", "Pod")


@dataclass(frozen=True, slots=True)
class Object:
    """One Kubernetes object, as it would be applied."""

    body: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Such as Deployment."""
        return self.body["kind"]

    @property
    def api_version(self) -> str:
        """Such as apps/v1."""
        return self.body["apiVersion"]

    @property
    def name(self) -> str:
        """Its name in its namespace."""
        return self.body["metadata"]["name"]

    @property
    def labels(self) -> Mapping[str, str]:
        """Its own labels, not its pods'."""
        return self.body["metadata"].get("labels") or {}

    @property
    def annotations(self) -> Mapping[str, str]:
        """Its own annotations."""
        return self.body["metadata"].get("annotations") or {}

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its specification; empty where it has none."""
        return self.body.get("spec") or {}

    @property
    def pod(self) -> Mapping[str, Any] | None:
        """The template of its pods (`metadata`, `spec`), if it has pods."""
        match self.kind:
            case "Pod":
                return self.body
            case "CronJob":
                return self.spec["jobTemplate"]["spec"]["template"]
            case kind if kind in POD_OWNERS:
                return self.spec["template"]
        return None

    @property
    def pod_spec(self) -> Mapping[str, Any]:
        """The specification of its pods; call it on those that have some."""
        assert self.pod is not None, f"{self} has no pods"
        return self.pod["spec"]

    @property
    def pod_labels(self) -> Mapping[str, str]:
        """The labels of its pods; call it on those that have some."""
        assert self.pod is not None, f"{self} has no pods"
        return self.pod["metadata"].get("labels") or {}

    def containers(self) -> Sequence[Mapping[str, Any]]:
        """All containers of its pods, those that run first included."""
        return [*(self.pod_spec.get("initContainers") or ()), *self.pod_spec["containers"]]

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class Objects(Sequence[Object]):
    """All objects of an overlay."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self._all = tuple(objects)

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - of a sequence
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    def of(self, *kinds: str) -> Iterator[Object]:
        """Those of a kind."""
        return (each for each in self._all if each.kind in kinds)

    def find(self, kind: str, name: str) -> Object | None:
        """The one of this kind and name."""
        return next((each for each in self.of(kind) if each.name == name), None)

    def with_pods(self) -> Iterator[Object]:
        """Those that have pods, as we write them: not what an operator makes."""
        return self.of(*POD_OWNERS)


def matches(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a label selector chooses what has these labels; an empty one chooses all."""
    selector = selector or {}
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(name) != value for name, value in wanted.items()):
        return False
    for term in selector.get("matchExpressions") or ():
        has = labels.get(term["key"])
        match term["operator"]:
            case "In" if has not in term["values"]:
                return False
            case "NotIn" if has in term["values"]:
                return False
            case "Exists" if has is None:
                return False
            case "DoesNotExist" if has is not None:
                return False
            case _:
                pass
    return True


def render(name: str) -> str:
    """An overlay as `kubectl apply` would send it.

    Raises:
        ManifestError: Kustomize refused it.
    """
    return tools.run(
        [tools.kubectl(), "kustomize", str(overlay(name))], f"overlays/{name} cannot be rendered"
    )


def parse(text: str) -> Objects:
    """The objects of a rendered overlay."""
    return Objects(Object(body) for body in bodies(text))


def bodies(text: str) -> Iterator[dict[str, Any]]:
    """The documents of some YAML that are not empty."""
    # Python reads YAML ten times as fast where PyYAML was built with libyaml.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return (each for each in yaml.load_all(text, loader) if each)
