"""Every object is of a kind that exists, and has no field that it should not have."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from manifests import crds, tools
from manifests.objects import Object, Objects

OLDEST: Final = (1, 32)
"""The oldest version of Kubernetes that manifests are checked for; all newer ones are, too."""

_DEFINITIONS: Final = "/api/_definitions.json"


def check_schemas(objects: Objects) -> Iterator[str]:
    """Unknown kinds, unknown or missing fields, values of another type or range."""
    for each in objects:
        custom = _custom_validators().get((each.api_version, each.kind))
        if custom is not None:
            yield from _faults(custom, each, "its CRD")
            continue
        for version, folder in versions().items():
            validator = _validator(folder, each.api_version, each.kind)
            if validator is None:
                yield f"{each}: Kubernetes {version} has no {each.kind} of {each.api_version}"
            else:
                yield from _faults(validator, each, f"Kubernetes {version}")


@cache
def versions() -> Mapping[str, Path]:
    """The folder of strict schemas by version, such as 1.36, from the oldest on."""
    found: dict[tuple[int, int], Path] = {}
    for folder in tools.kubernetes_schemas().glob("v*-local-strict"):
        major, minor = folder.name.removeprefix("v").split(".")[:2]
        if (int(major), int(minor)) >= OLDEST:
            found[int(major), int(minor)] = folder
    return {f"{major}.{minor}": found[major, minor] for major, minor in sorted(found)}


def _faults(validator: Draft202012Validator, each: Object, where: str) -> Iterator[str]:
    for error in validator.iter_errors(each.body):
        place = "/".join(str(part) for part in error.absolute_path)
        yield f"{each}: {place}: {error.message[:300]} ({where})"


@cache
def _validator(folder: Path, api_version: str, kind: str) -> Draft202012Validator | None:
    # apps/v1 is apps-v1, networking.k8s.io/v1 is networking-v1.
    group, _, version = api_version.rpartition("/")
    group = group.partition(".")[0]
    file = folder / "-".join(filter(None, (kind.lower(), group, version)))
    file = file.with_name(file.name + ".json")
    if not file.exists():
        return None
    return Draft202012Validator(json.loads(file.read_text()), registry=_registry(folder))


@cache
def _registry(folder: Path) -> Registry[Any]:
    definitions = json.loads((folder / "_definitions.json").read_text())
    resource = Resource.from_contents(definitions, default_specification=DRAFT202012)
    # Crawled here, once; or each validator would do it again for each object: 98 % of all the time.
    return Registry().with_resource(_DEFINITIONS, resource).crawl()


@cache
def _custom_validators() -> Mapping[tuple[str, str], Draft202012Validator]:
    found: dict[tuple[str, str], Draft202012Validator] = {}
    for crd in crds.crds():
        spec = crd["spec"]
        for version in spec["versions"]:
            if version["served"]:
                schema = _strict(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {"type": "object"}
                key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                found[key] = Draft202012Validator(schema)
    return found


def _strict(schema: Any) -> Any:  # noqa: ANN401 - a JSON schema
    """A CRD's schema that refuses what the API server would drop or refuse."""
    if not isinstance(schema, dict):
        return schema
    made = {name: _inner(name, value) for name, value in schema.items()}
    if made.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
        made.setdefault("anyOf", [{"type": "integer"}, {"type": "string"}])
    if made.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    is_open = made.get("x-kubernetes-preserve-unknown-fields") or made.get(
        "x-kubernetes-embedded-resource"
    )
    # Not where a schema is a part of another one, which says the rest.
    is_whole = made.get("type") in ("object", ["object", "null"])
    if is_whole and "properties" in made and not is_open:
        made.setdefault("additionalProperties", False)
    # Formats and defaults are the API server's business.
    made.pop("format", None)
    return made


def _inner(name: str, value: Any) -> Any:  # noqa: ANN401 - of a JSON schema
    match name:
        case "properties" | "patternProperties":
            return {key: _strict(each) for key, each in value.items()}
        case "items" | "additionalProperties" | "not":
            return _strict(value)
        case "allOf" | "anyOf" | "oneOf":
            return [_strict(each) for each in value]
    return value
