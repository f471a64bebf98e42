"""The repository's own source, parsed, for tests that hold its rules."""

import ast
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

SERVICES = ("wallet", "gifts", "payouts")

_ROOTS = (
    "libs/contracts",
    "libs/chassis",
    *(f"services/{name}" for name in (*SERVICES, "gateway")),
)
_DEPLOYED = ("deploy/local", "deploy/checker", "deploy/observe", "deploy/k8s", "deploy/capacity")


@dataclass(frozen=True, slots=True)
class Module:
    """One file of a package, such as `wallet.store.accounts`."""

    name: str
    path: Path
    tree: ast.Module = field(repr=False)

    @property
    def package(self) -> str:
        """The package at the top, such as `wallet`."""
        return self.name.partition(".")[0]

    @property
    def place(self) -> str:
        """Its path in the repository, for messages."""
        return str(self.path.relative_to(REPOSITORY))

    def imports(self) -> Iterator[tuple[str, str, int]]:
        """Each imported name: its local name, its full name and the line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.asname or alias.name, alias.name, node.lineno
            elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
                for alias in node.names:
                    yield alias.asname or alias.name, f"{node.module}.{alias.name}", node.lineno


@cache
def projects() -> dict[str, dict[str, object]]:
    """The `[project]` table of each of our packages, by distribution name."""
    found: dict[str, dict[str, object]] = {}
    for root in (*_ROOTS, *_DEPLOYED):
        table = tomllib.loads((REPOSITORY / root / "pyproject.toml").read_text())["project"]
        found[table["name"]] = table
    return found


@cache
def modules(*, deployed: bool = False) -> tuple[Module, ...]:
    """Every module of libraries and services; with `deployed`, of the local stack and checker.

    What a package offers to tests, its `testing`, is left out.
    """
    found: list[Module] = []
    for root in _DEPLOYED if deployed else _ROOTS:
        source = REPOSITORY / root / "src"
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            if parts[1:2] == ("testing",):  # no part of what is deployed
                continue
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, path, ast.parse(path.read_text(), str(path))))
    return tuple(found)


def modules_of(package: str) -> list[Module]:
    """The modules of one package of ours, wherever it lies."""
    everything = (*modules(), *modules(deployed=True))
    found = [module for module in everything if module.package == package]
    assert found, f"there is no package {package}"
    return found


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that the repository keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    paths = [REPOSITORY / name for name in listed.split("\0") if name]
    return tuple(path for path in paths if path.exists())


def missing_tests(named: Iterable[tuple[str, str]]) -> list[str]:
    """Of tests that a page names, by file and function, those that are not there."""
    return [
        f"{file}::{name}"
        for file, name in named
        if f"def {name}(" not in (REPOSITORY / file).read_text()
    ]
