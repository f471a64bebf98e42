"""What the docker command is told of a stack's containers; by one that only says what it hears."""

from pathlib import Path

import pytest

from local_stack import docker, paths
from local_stack.problem import LocalProblemError

_STANDS_IN = """#!/bin/sh
for each in "$@"; do case $each in *.env) file=$each;; esac; done
{ echo "$@"; stat --format=%a "$file"; cat "$file"; env; } >"$0.heard"
echo "no such luck" >&2
exit @status@
"""


class Heard:
    """A docker command: what it was told last, and how it ends."""

    def __init__(self, folder: Path) -> None:
        self._command = folder / "docker"

    def ends(self, status: int) -> None:
        self._command.write_text(_STANDS_IN.replace("@status@", str(status)))
        self._command.chmod(0o755)

    def lines(self) -> list[str]:
        return self._command.with_suffix(".heard").read_text().splitlines()


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Heard:
    made = Heard(tmp_path)
    made.ends(0)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return made


@pytest.fixture
def containers() -> docker.Containers:
    return docker.Containers("largesse-x", {"postgres": 1, "kafka": 2}, "secret", durable=False)


def test_it_is_told_where_its_engine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///elsewhere.sock")
    monkeypatch.setenv("WALLET_DATABASE_DSN", "postgresql://…")
    assert docker.environment()["DOCKER_HOST"] == "unix:///elsewhere.sock"
    assert "WALLET_DATABASE_DSN" not in docker.environment()


def test_passwords_are_in_a_file_for_us_alone(heard: Heard, containers: docker.Containers) -> None:
    """On a command's line everybody on the machine could read them; and the file does not stay."""
    containers.start()
    command, mode, *rest = heard.lines()
    assert command.startswith(f"compose -f {paths.COMPOSE_FILE} --env-file ")
    assert command.endswith(" up --wait")
    assert "secret" not in command
    assert mode == "600"
    told = ("COMPOSE_PROJECT_NAME='largesse-x'", "POSTGRES_PASSWORD='secret'", "KAFKA_PORT='2'")
    assert set(told) <= set(rest)
    assert not Path(command.split()[4]).exists()


def test_a_shells_variables_do_not_win(
    heard: Heard, containers: docker.Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compose would take them before the file's."""
    for name in ("COMPOSE_PROJECT_NAME", "POSTGRES_PASSWORD"):
        monkeypatch.setenv(name, "of the shell")
    containers.stop()
    assert not any("of the shell" in line for line in heard.lines())


def test_what_went_wrong_is_said(heard: Heard, containers: docker.Containers) -> None:
    heard.ends(17)
    with pytest.raises(LocalProblemError) as caught:
        containers.remove()
    assert str(caught.value).startswith("docker compose down failed (no such luck): see docker")


def test_each_clone_has_containers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """One would find the other's data under another password, or take its ports."""
    ours = docker.project("run")
    assert ours == docker.project("run") != docker.project("test")
    monkeypatch.setattr(paths, "REPOSITORY", Path("/elsewhere"))
    assert docker.project("run") != ours
