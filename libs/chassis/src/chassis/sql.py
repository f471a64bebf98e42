"""Named statements in `.sql` files: SQL is a language here, with its own files and reviewers."""

import re
from collections.abc import Mapping
from importlib.resources import files
from itertools import zip_longest
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (?P<name>[a-z][a-z0-9_]*)$", re.MULTILINE)


def load(package: str, file: str) -> Mapping[str, str]:
    """The statements of `file` inside `package`, by the name in their `-- name:` line.

    Raises:
        ValueError: The file declares no statement, or a name twice.
    """
    text = files(package).joinpath(file).read_text()
    marks = list(_NAME.finditer(text))
    statements: dict[str, str] = {}
    for mark, following in zip_longest(marks, marks[1:]):
        name = mark["name"]
        if name in statements:
            raise ValueError(f"{package}/{file} declares {name!r} twice")
        end = following.start() if following else len(text)
        statements[name] = text[mark.end() : end].strip().removesuffix(";")
    if not statements:
        raise ValueError(f"{package}/{file} declares no statement: add a '-- name: …' line")
    return MappingProxyType(statements)
