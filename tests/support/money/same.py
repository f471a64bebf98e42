"""One way to say where books and models differ, in words that need no debugger."""

from collections.abc import Mapping


def same(what: str, found: object, expected: object) -> None:
    """Make sure that the books say what the model does; of mappings only what differs is shown.

    Raises:
        AssertionError: They do not.
    """
    if found == expected:
        return
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        differing = {key for key in {*found, *expected} if found.get(key) != expected.get(key)}
        found = {key: found[key] for key in found if key in differing}
        expected = {key: expected[key] for key in expected if key in differing}
    raise AssertionError(f"{what}: the books say {found}, the model says {expected}")
