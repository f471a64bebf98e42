"""Who may know whom, beyond what `lint-imports` checks."""

import re
import sys
from importlib.metadata import packages_distributions

import pytest

from support.source import SERVICES, Module, modules, modules_of, projects

_PURE = {
    *("__future__", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum"),
    *("fractions", "functools", "hashlib", "hmac", "itertools", "json", "math", "operator", "re"),
    *("string", "types", "typing", "unicodedata", "uuid"),
}
"""Of the standard library, what cannot reach outside the process."""

_PURE_OF_OTHERS = {"msgspec", "contracts"}

_PURE_OF_CHASSIS = {
    *("chassis.clock", "chassis.ids", "chassis.money", "chassis.versions"),
    "chassis.stripe.amounts",
}

_INSTALLED = packages_distributions()

_OUR_PACKAGES = {
    *("contracts", "chassis", "checker", "live_hub", *SERVICES),
    *("demo_page", "local_stack", "manifests", "observe", "payment_sandbox", "sandbox_bank"),
    *("capacity", "trace_store"),
}


def imported(module: Module) -> list[tuple[str, int]]:
    return [(full, line) for _, full, line in module.imports()]


@pytest.mark.parametrize("service", SERVICES)
def test_the_domain_does_no_io(service: str) -> None:
    """Rules are computed from what they are given: tests need no server and no fake of one."""
    reaching_out = [
        f"{module.place}:{line} imports {full}"
        for module in modules_of(service)
        if module.name.startswith(f"{service}.domain")
        for full, line in imported(module)
        if not _is_pure(full, service)
    ]
    assert reaching_out == []


def _is_pure(full: str, service: str) -> bool:
    top = full.partition(".")[0]
    if top == "chassis":
        return any(full == pure or full.startswith(f"{pure}.") for pure in _PURE_OF_CHASSIS)
    return top in _PURE | _PURE_OF_OTHERS or full.startswith(f"{service}.domain")


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_store_knows_the_driver(service: str) -> None:
    """Commands get a `Conn`: they run statements of the store and can neither open nor commit."""
    knowing = [
        f"{module.place}:{line} imports {full}"
        for module in modules_of(service)
        if not module.name.startswith(f"{service}.store")
        for full, line in imported(module)
        if full.partition(".")[0] == "asyncpg"
    ]
    assert knowing == []


@pytest.mark.parametrize("service", SERVICES)
def test_commands_cannot_open_transactions(service: str) -> None:
    """A transaction is opened at the edge, once; what is below it takes part."""
    openers = {"chassis.db.transaction", "chassis.db.transact", "chassis.db.open_pool"}
    opening = [
        f"{module.place}:{line} imports {full}"
        for module in modules_of(service)
        if module.name.split(".")[1:2] in (["commands"], ["store"], ["domain"])
        for full, line in imported(module)
        if full in openers
    ]
    assert opening == []


_STATEMENT = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b", re.DOTALL
)


@pytest.mark.parametrize("service", SERVICES)
def test_sql_lives_in_sql_files(service: str) -> None:
    """SQL is a language of its own here: reviewed as such, and prepared by a test."""
    inline = [
        module.place
        for module in modules_of(service)
        if module.name != f"{service}.testing" and _STATEMENT.search(module.path.read_text())
    ]
    assert inline == []


@pytest.mark.parametrize("distribution", sorted(projects()))
def test_what_a_package_imports_is_among_its_dependencies(distribution: str) -> None:
    """An image that installs this package alone has all that it imports."""
    table = projects()[distribution]
    declared = {_name(text) for text in _dependencies(table)} | {distribution}
    missing = sorted(
        f"{module.place} imports {top}"
        for module in (*modules(), *modules(deployed=True))
        if _distributions(module.package) == {distribution}
        for top in {full.partition(".")[0] for full, _ in imported(module)}
        if top not in sys.stdlib_module_names and not declared & _distributions(top)
    )
    assert missing == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_is_installed_with_another(service: str) -> None:
    """What the install of a service brings along, however indirectly, holds no other service."""
    others = {f"largesse-{other}" for other in SERVICES if other != service}
    brought: set[str] = set()
    waiting = [f"largesse-{service}"]
    while waiting:
        name = waiting.pop()
        brought.add(name)
        waiting += [
            dependency
            for text in _dependencies(projects().get(name, {}))
            if (dependency := _name(text)) not in brought
        ]
    assert brought & {*others, "largesse-local", "largesse-checker"} == set()
    assert {"largesse-chassis", "largesse-contracts"} < brought


def test_our_packages_are_known_here() -> None:
    everything = (*modules(), *modules(deployed=True))
    assert {module.package for module in everything} == _OUR_PACKAGES


def _dependencies(table: dict[str, object]) -> list[str]:
    found = table.get("dependencies", [])
    assert isinstance(found, list)
    return found


def _name(requirement: str) -> str:
    """The distribution that a requirement names, as package indexes write it."""
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def _distributions(top: str) -> set[str]:
    return {_name(name) for name in _INSTALLED.get(top, [])}
