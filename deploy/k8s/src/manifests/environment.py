"""What each container of ours is told: variables, and files that count as variables."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from manifests.objects import Object, Objects
from manifests.operators import made_secrets


class Environment(NamedTuple):
    """One container's."""

    owner: Object
    container: Mapping[str, Any]
    values: Mapping[str, str | None]
    """By name; None where a Secret or the cluster says it."""
    files: frozenset[str]
    """Names that come as files of the folder …_SECRETS_DIR."""


def environments(objects: Objects) -> Iterator[Environment]:
    """Of every container, those that run first included."""
    for each in objects.with_pods():
        for container in each.containers():
            values = dict(_values(container, objects))
            folder = next((v for n, v in values.items() if n.endswith("_SECRETS_DIR")), None)
            files = _files(each, container, folder, objects) if folder else frozenset()
            yield Environment(each, container, values, files)


def _values(container: Mapping[str, Any], objects: Objects) -> Iterator[tuple[str, str | None]]:
    for source in container.get("envFrom") or ():
        prefix = source.get("prefix", "")
        if "configMapRef" in source:
            found = objects.find("ConfigMap", source["configMapRef"]["name"])
            for name, value in ((found and found.body.get("data")) or {}).items():
                yield prefix + name, value
        if "secretRef" in source:
            for name in _keys(objects, source["secretRef"]["name"]):
                yield prefix + name, None
    for variable in container.get("env") or ():
        yield variable["name"], variable.get("value")


def _files(
    each: Object, container: Mapping[str, Any], folder: str, objects: Objects
) -> frozenset[str]:
    mounted = {
        mount["name"]
        for mount in container.get("volumeMounts") or ()
        if mount["mountPath"] == folder
    }
    names: set[str] = set()
    for volume in each.pod_spec.get("volumes") or ():
        if volume["name"] in mounted:
            for source in (volume.get("projected") or {}).get("sources") or ():
                secret = source["secret"]
                items = secret.get("items")
                keys = _keys(objects, secret["name"])
                if items is None:
                    names |= keys
                else:
                    names |= {
                        item["path"]
                        for item in items
                        if item["key"] in keys or not secret.get("optional")
                    }
    return frozenset(names)


def _keys(objects: Objects, secret: str) -> frozenset[str]:
    found = objects.find("Secret", secret)
    if found is not None:
        return frozenset({*(found.body.get("data") or {}), *(found.body.get("stringData") or {})})
    return made_secrets(objects).get(secret) or frozenset()
