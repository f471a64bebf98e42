"""What processes are told, and that it reaches them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.settings import ServiceSettings
from local_stack import programs
from local_stack.addresses import Addresses
from local_stack.home import Home
from local_stack.ports import DEFAULTS
from support.source import SERVICES, Module, modules
from support.told import settings_of

_MAY_READ_THE_ENVIRONMENT = {"settings", "__main__"}


def test_only_settings_read_the_environment() -> None:
    """What a process is told stands in one place, checked before anything else happens."""
    reading = [
        f"{module.place}:{line}"
        for module in modules()
        if module.name.rpartition(".")[2] not in _MAY_READ_THE_ENVIRONMENT
        for line in _readings(module)
    ]
    assert reading == []


def _readings(module: Module) -> Iterator[int]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            named = {node.attr}
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            named = {alias.name for alias in node.names}
        else:
            continue
        if named & {"environ", "environb", "getenv"}:
            yield node.lineno


@pytest.fixture
def stack_settings(tmp_path: Path) -> dict[str, dict[str, str]]:
    """What the local stack tells each of our processes, by its name."""
    home = Home(tmp_path)
    addresses = Addresses(
        ports=DEFAULTS,
        postgres_dsn="postgresql://postgres:secret@127.0.0.1:4432/postgres",
        kafka_servers="127.0.0.1:4092",
    )
    return {
        name: dict(programs.spec(name, home, addresses, {}).environment)
        for name in programs.PROGRAMS
    }


@pytest.mark.parametrize("process", [name for name in programs.PROGRAMS if name != "gateway"])
def test_the_stack_says_what_a_process_reads(
    process: str,
    stack_settings: dict[str, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A misspelt variable is ignored without a word: each one has to be a field."""
    settings = settings_of(process)
    prefix = settings.model_config.get("env_prefix", "")
    told = stack_settings[process]

    fields = {prefix + name.upper() for name in settings.model_fields}
    assert set(told) - fields == set()

    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings()


@pytest.mark.parametrize("process", ["api", "worker", "migrate"])
@pytest.mark.parametrize("service", SERVICES)
def test_settings_are_frozen_and_have_no_default_addresses(service: str, process: str) -> None:
    """A default address is how a test once wrote to a database that was not its own."""
    settings = settings_of(f"{service}-{process}")
    assert issubclass(settings, ServiceSettings)
    assert settings.model_config.get("frozen")
    optional = {"http_host", "otlp_endpoint"}
    guessed = [
        name
        for name, field in settings.model_fields.items()
        if name.endswith(("_dsn", "_url", "_servers", "_secret", "_api_key"))
        and name not in optional
        and not field.is_required()
        and field.default is not None  # without it something is not done, not done elsewhere
    ]
    assert guessed == []
