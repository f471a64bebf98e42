"""A fault, and how to get at what it is planted in."""

from collections.abc import Callable
from typing import Any, NamedTuple

from manifests.objects import Object, Objects

type Plant = Callable[[Objects], None]


class Fault(NamedTuple):
    name: str
    overlay: str
    plant: Plant
    said: str
    """What must be said of it, and is not said without it."""


def body(objects: Objects, kind: str, name: str) -> Any:
    """One object, to be changed; its name may go on with a hash."""
    return next(
        each.body
        for each in objects.of(kind)
        if each.name == name or each.name.rpartition("-")[0] == name
    )


def spec(objects: Objects, kind: str, name: str) -> Any:
    return body(objects, kind, name)["spec"]


def pod(objects: Objects, kind: str, name: str) -> Any:
    return spec(objects, kind, name)["template"]["spec"]


def cron(objects: Objects, name: str = "checker") -> Any:
    """The Job that a CronJob makes."""
    return spec(objects, "CronJob", name)["jobTemplate"]["spec"]


def container(objects: Objects, kind: str = "Deployment", name: str = "wallet-api") -> Any:
    return pod(objects, kind, name)["containers"][0]


def drop(objects: Objects, kind: str, name: str) -> None:
    found = body(objects, kind, name)
    objects._all = tuple(each for each in objects if each.body is not found)


def add(objects: Objects, new: dict[str, Any]) -> None:
    objects._all = (*objects._all, Object(new))


def data(objects: Objects, name: str) -> Any:
    return body(objects, "ConfigMap", name)["data"]


def rename(mapping: Any, old: str, new: str) -> None:
    mapping[new] = mapping.pop(old)
