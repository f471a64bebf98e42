"""Which changes of a schema would break a reader or a writer of the same version."""

from typing import Any

type Json = dict[str, Any]
type Value = dict[str, Value] | list[Value] | str | float | bool | None


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
    """How a property's values changed; words about it, and wider enumerations, are no change.

    Nor is a format that is stated now: that what was written before has it, the examples show.
    """
    if "enum" in old and "enum" in new:
        gone = set(old["enum"]) - set(new["enum"])
        return f"no longer takes {sorted(gone)}" if gone else None
    ignored = {"description", "title", "default", "examples"}
    if not _mentions(old, "format"):
        ignored.add("format")
    before, after = _without(old, ignored), _without(new, ignored)
    return None if before == after else f"was {before}, is {after}"


def _mentions(schema: Value, key: str) -> bool:
    match schema:
        case dict():
            return key in schema or any(_mentions(value, key) for value in schema.values())
        case list():
            return any(_mentions(value, key) for value in schema)
        case _:
            return False


def _without(schema: Value, keys: set[str]) -> Value:
    match schema:
        case dict():
            return {key: _without(each, keys) for key, each in schema.items() if key not in keys}
        case list():
            return [_without(each, keys) for each in schema]
        case _:
            return schema
