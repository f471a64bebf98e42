"""The stack of images: what its containers are told, and what is said where there is no engine."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from checker.arguments import Settings
from local_stack import image_stack, images
from local_stack.addresses import Addresses
from local_stack.audit import described, node_finding, python_finding
from local_stack.home import Home
from local_stack.keys import ensure_keys
from local_stack.paths import COMPOSE_FILE, REPOSITORY
from local_stack.ports import DEFAULTS
from support.told import settings_of

PYTHON_PROGRAMS = [name for name in image_stack.CONTAINED if name != "gateway"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    ensure_keys(made)
    return made


@pytest.fixture
def told(home: Home) -> dict[str, dict[str, str]]:
    """What each container's env file says."""
    addresses = Addresses(
        ports=DEFAULTS,
        postgres_dsn="postgresql://largesse:secret@127.0.0.1:4432/postgres",
        kafka_servers="127.0.0.1:4092",
    )
    image_stack.write_settings(home, addresses, "secret")
    return {
        name: dict(
            re.findall(
                r"^(\w+)='([^']*)'$", (home.data("environments") / f"{name}.env").read_text(), re.M
            )
        )
        for name in (*image_stack.CONTAINED, "checker")
    }


@pytest.mark.parametrize("name", PYTHON_PROGRAMS)
def test_a_container_is_told_what_its_program_reads(
    name: str, told: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(name)
    prefix = settings.model_config.get("env_prefix", "")
    fields = {prefix + field.upper() for field in settings.model_fields}
    assert told[name].keys() - fields == set()
    for variable, value in told[name].items():
        monkeypatch.setenv(variable, value)
    read = settings().model_dump()
    assert read["http_host"] == "0.0.0.0"
    assert read["http_port"] == DEFAULTS[name]


def test_the_checkers_container_is_told_where_the_books_are(
    told: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in told["checker"].items():
        monkeypatch.setenv(variable, value)
    read = Settings()
    assert read.kafka_servers == "kafka:9094"
    for dsn in (read.wallet_dsn, read.gifts_dsn, read.payouts_dsn):
        assert dsn is not None
        assert "@postgres:5432/" in dsn.get_secret_value()


def test_containers_find_each_other_by_name(told: dict[str, dict[str, str]]) -> None:
    """This machine's address, inside a container, is the container itself."""
    at_home = {
        f"{name} {variable}"
        for name, settings in told.items()
        for variable, value in settings.items()
        if "127.0.0.1" in value or "localhost" in value
    }
    # What a browser on this machine is given.
    assert at_home == {
        "gateway GATEWAY_CORS_ORIGINS",
        "payment-sandbox PAYMENT_SANDBOX_PUBLIC_URL",
        "payouts-api PAYOUTS_PUBLIC_URL",
    }


def test_passwords_are_for_their_owner_alone(home: Home, told: dict[str, dict[str, str]]) -> None:
    assert told
    for file in home.data("environments").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_compose_is_told_each_variable_that_it_asks_for(home: Home) -> None:
    """In both directions: what it is told and does not ask for is a misspelt name."""
    asked = set(re.findall(r"\$\{(\w+):\?", image_stack.OVERLAY.read_text()))
    assert asked == image_stack.variables(home, DEFAULTS).keys()


def test_every_container_is_locked_down() -> None:
    """Read-only, without rights, and without the system's tools: each takes the same block."""
    text = image_stack.OVERLAY.read_text()
    block = text[text.index("x-program:") : text.index("x-once:")]
    for rule in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", '"/usr/bin"'):
        assert rule in block
    _, _, services = text.partition("\nservices:\n")
    named = re.split(r"\n?^  (?=[a-z-]+:$)", services, flags=re.MULTILINE)[1:]
    assert {each.partition(":")[0] for each in named} >= {*image_stack.CONTAINED, "checker"}
    assert [each for each in named if "<<: *program" not in each and "<<: *once" not in each] == []


def test_the_servers_are_those_of_the_one_description() -> None:
    """Other settings of PostgreSQL or Kafka here would be a second description."""
    services = re.findall(r"^  ([a-z-]+):$", image_stack.OVERLAY.read_text(), re.MULTILINE)
    assert not {"postgres", "kafka"} & set(services)
    assert "INSIDE://kafka:9094" in COMPOSE_FILE.read_text()


@pytest.mark.parametrize("command", ["build-images", "test-images", "sbom"])
@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "there is no docker command: install"),
        ("echo 'Cannot connect to it' >&2; exit 1", "no Docker engine answers: start one"),
        ('case "$1" in compose) exit 1;; esac', "docker has no Compose: install"),
    ],
    ids=["no command", "no engine", "no compose"],
)
def test_without_an_engine_it_says_so_and_fails(
    command: str, script: str | None, said: str, tmp_path: Path
) -> None:
    """It never passes in silence."""
    if script is not None:
        fake = tmp_path / "docker"
        fake.write_text(f"#!/bin/sh\n{script}\n")
        fake.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "local_stack", command],
        cwd=REPOSITORY,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{command}: {said}")


def test_the_builder_is_told_of_registries_and_of_nothing_else() -> None:
    environment = {
        "PIP_INDEX_URL": "https://user:secret@index.example/simple",
        "npm_config_registry": "https://node.example/",
        "https_proxy": "http://proxy.example:3128",
        "PIP_CERT": "/here/alone.pem",
        "WALLET_DATABASE_DSN": "postgresql://…",
        "AWS_SECRET_ACCESS_KEY": "…",
    }
    assert [name for name, _ in images.registry_settings(environment)] == [
        "PIP_INDEX_URL",
        "https_proxy",
        "npm_config_registry",
    ]


def test_an_audit_that_could_ask_nobody_is_none() -> None:
    """pip-audit calls that "no known vulnerabilities"."""
    skipped = {"name": "stripe", "skip_reason": "Dependency not found on PyPI"}
    clean = {"name": "orjson", "version": "3.13.0", "vulns": []}
    bad = {"name": "pyjwt", "version": "1.0", "vulns": [{"id": "CVE-1"}]}
    partly = python_finding("requirements.lock", {"dependencies": [skipped, clean]})
    assert partly.unasked == "the index has no advisories of 1 of 2 packages"
    assert "NOT AUDITED" in described(partly)
    assert python_finding("requirements.lock", {"dependencies": []}).unasked
    assert python_finding("requirements.lock", {"dependencies": [clean]}).unasked is None
    known = python_finding("requirements.lock", {"dependencies": [bad, clean]})
    assert known.vulnerable == ["pyjwt 1.0: CVE-1"]

    assert node_finding("package-lock.json", {"message": "405", "error": {}}).unasked
    none = node_finding("package-lock.json", {"vulnerabilities": {}})
    assert (none.vulnerable, none.unasked) == ([], None)
    one = {"vulnerabilities": {"jose": {"range": "<6", "severity": "high"}}}
    assert node_finding("package-lock.json", one).vulnerable == ["jose <6: high"]
