"""Prints the part of requirements.lock that some projects need.

A project is a pyproject.toml, or the name of a distribution. The lock says below each requirement
which others it came by ("via"); what an extra alone would need counts as needed. Runs in the build
of an image, with the standard library alone.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple


class Requirement(NamedTuple):
    """One entry of the lock."""

    text: str
    """Its lines: version, marker, hashes, and what it came by."""
    via: frozenset[str]
    """The distributions that need it."""


def read_lock(text: str) -> dict[str, Requirement]:
    """The entries of a lock by the names of their distributions."""
    found: dict[str, Requirement] = {}
    for entry in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE):
        name, separator, _ = entry.partition("==")
        if separator:
            via = re.findall(r"^ +#(?: via)? +([a-z0-9][a-z0-9.-]*)$", entry, re.MULTILINE)
            found[normalised(name)] = Requirement(entry, frozenset(via))
    return found


def select(
    lock: dict[str, Requirement], roots: Collection[str], without: Collection[str]
) -> list[str]:
    """The names of what the roots need, in the lock's order.

    Raises:
        KeyError: A root is not in the lock.
    """
    missing = set(roots) - lock.keys()
    if missing:
        raise KeyError(*sorted(missing))
    needed = set(roots) - set(without)
    while True:
        more = {
            name
            for name, requirement in lock.items()
            if requirement.via & needed and name not in needed and name not in without
        }
        if not more:
            return [name for name in lock if name in needed]
        needed |= more


def roots_of(project: str) -> set[str]:
    """What a project names as its dependencies, ours excepted: each of those is a project too."""
    if not project.endswith(".toml"):
        return {normalised(project)}
    table = tomllib.loads(Path(project).read_text())["project"]
    names = {
        normalised(re.split(r"[\[<>=!~; ]", text, maxsplit=1)[0]) for text in table["dependencies"]
    }
    return {name for name in names if not name.startswith("largesse-")}


def normalised(name: str) -> str:
    """A distribution's name as package indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main(given: Sequence[str] | None = None) -> None:
    """Print the selection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", type=Path)
    parser.add_argument("projects", nargs="+")
    parser.add_argument("--without", nargs="*", default=[])
    arguments = parser.parse_args(given)
    lock = read_lock(arguments.lock.read_text())
    roots = set[str]().union(*map(roots_of, arguments.projects))
    for name in select(lock, roots, arguments.without):
        sys.stdout.write(lock[name].text)


if __name__ == "__main__":
    main()
