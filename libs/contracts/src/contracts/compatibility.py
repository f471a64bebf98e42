"""Which changes of a schema would break a reader or a writer of the same version."""

from typing import Any

type Json = dict[str, Any]


def breaks(old: Json, new: Json) -> list[str]:
    """What `new` breaks for those who know `old`: properties removed, retyped or newly required.

    Empty when the change is additive. Definitions that a property refers to are compared too.
    """
    return [*_object("", old, new), *_definitions(old, new)]


def _definitions(old: Json, new: Json) -> list[str]:
    found: list[str] = []
    for name, before in old.get("$defs", {}).items():
        after = new.get("$defs", {}).get(name)
        if after is None:
            found.append(f"{name}: removed")
        else:
            found += _object(f"{name}.", before, after)
    return found


def _object(path: str, old: Json, new: Json) -> list[str]:
    found: list[str] = []
    before: Json = old.get("properties", {})
    after: Json = new.get("properties", {})
    for name, schema in before.items():
        if name not in after:
            found.append(f"{path}{name}: removed")
        elif (change := _change(schema, after[name])) is not None:
            found.append(f"{path}{name}: {change}")
    newly = set(new.get("required", ())) - set(old.get("required", ()))
    found += [f"{path}{name}: newly required" for name in sorted(newly)]
    return found


def _change(old: Json, new: Json) -> str | None:
    """How a property's values changed; words about it, and wider enumerations, are no change."""
    if "enum" in old and "enum" in new:
        gone = set(old["enum"]) - set(new["enum"])
        return f"no longer takes {sorted(gone)}" if gone else None
    ignored = {"description", "title", "default", "examples"}
    before = {key: value for key, value in old.items() if key not in ignored}
    after = {key: value for key, value in new.items() if key not in ignored}
    return None if before == after else f"was {before}, is {after}"
