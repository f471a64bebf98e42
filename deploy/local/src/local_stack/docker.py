"""PostgreSQL and Kafka as containers, where a Docker engine answers: deploy/compose.yaml."""

import os
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from testcontainers.compose import DockerCompose

from local_stack import kafka, paths, postgres
from local_stack.problem import LocalProblemError
from local_stack.processes import base_environment


def environment() -> dict[str, str]:
    """What the docker command gets: where its engine is may be said by DOCKER_HOST and the like."""
    directing = {name: text for name, text in os.environ.items() if name.startswith("DOCKER_")}
    return base_environment() | directing


def run(*arguments: str, timeout_s: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run the docker command.

    Args:
        arguments: Of the command.
        timeout_s: How long it may take; None: for ever.

    Raises:
        subprocess.TimeoutExpired: It took longer.
    """
    return subprocess.run(
        ["docker", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def problem() -> str | None:
    """Why containers cannot be had here, with the remedy; None if they can."""
    if shutil.which("docker") is None:
        return "there is no docker command: install Docker or an engine that speaks like it"
    questions = {
        ("version", "--format", "{{.Server.Version}}"): (
            "no Docker engine answers: start one (dockerd), or set DOCKER_HOST"
        ),
        ("compose", "version"): "docker has no Compose: install its compose plugin",
    }
    for question, remedy in questions.items():
        try:
            done = run(*question, timeout_s=10)
        except subprocess.TimeoutExpired:
            return f"docker {question[0]} says nothing within 10 s: restart the engine"
        if done.returncode != 0:
            said = done.stderr.strip().splitlines()[-1:]
            return f"{remedy} (docker says: {' '.join(said)[:200]})"
    return None


@cache
def answers() -> bool:
    """Whether there is a Docker engine that answers, and Compose to direct it.

    LARGESSE_CONTAINERS=off says that it is not for us.
    """
    return os.environ.get("LARGESSE_CONTAINERS") != "off" and problem() is None


def require() -> None:
    """Make sure that containers can be had.

    Raises:
        LocalProblemError: They cannot; it says why and what to do.
    """
    found = problem()
    if found is not None:
        raise LocalProblemError(found)


def project(stack: str) -> str:
    """Compose's name for a stack of this clone: another clone's containers are not ours.

    Args:
        stack: "run", "test" or "images".
    """
    return f"largesse-{stack}-{sha256(bytes(paths.REPOSITORY)).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Containers:
    """The two servers of one stack, on the given ports of this machine."""

    project: str
    """As `project` names it; a second stack of that name would be the same one."""
    ports: Mapping[str, int]
    password: str
    durable: bool = True
    """Whether PostgreSQL must not lose a commit when the machine crashes."""

    @property
    def postgres_dsn(self) -> str:
        """Where the server's owner connects."""
        return postgres.superuser_dsn(self.ports, self.password)

    @property
    def kafka_servers(self) -> str:
        """The address that clients are given."""
        return kafka.servers(self.ports)

    def start(self) -> None:
        """Start the containers, or find them started; returns when both serve.

        Raises:
            LocalProblemError: Compose failed.
        """
        with self.compose() as compose:
            compose.start()

    def stop(self) -> None:
        """Stop the containers; their data stays for the next start.

        Raises:
            LocalProblemError: Compose failed.
        """
        with self.compose() as compose:
            compose.stop(down=False)

    def remove(self) -> None:
        """Stop the containers and delete their data.

        Raises:
            LocalProblemError: Compose failed.
        """
        with self.compose() as compose:
            compose.stop()

    @contextmanager
    def compose(self, overlay: Path | None = None, **more: str) -> Generator[DockerCompose]:
        """Compose on this stack's containers; `more` are variables of the overlay's file.

        Raises:
            LocalProblemError: A command of Compose failed.
        """
        settings = {
            "COMPOSE_PROJECT_NAME": self.project,
            "POSTGRES_PORT": str(self.ports["postgres"]),
            "POSTGRES_USER": postgres.SUPERUSER,
            "POSTGRES_PASSWORD": self.password,
            "POSTGRES_DURABLE": "on" if self.durable else "off",
            "KAFKA_PORT": str(self.ports["kafka"]),
            **more,
        }
        for name in settings:
            # What somebody's shell says would win over the file.
            os.environ.pop(name, None)
        # For us alone to read, and gone with the command: the password is in it.
        with NamedTemporaryFile("w", prefix="largesse-compose-", suffix=".env") as file:
            file.writelines(f"{name}='{value}'\n" for name, value in settings.items())
            file.flush()
            files = [paths.COMPOSE_FILE] if overlay is None else [paths.COMPOSE_FILE, overlay]
            try:
                yield DockerCompose(
                    paths.COMPOSE_FILE.parent, [str(each) for each in files], env_file=file.name
                )
            except subprocess.CalledProcessError as error:
                doing = error.cmd[error.cmd.index(file.name) + 1]
                said = " ".join(error.stderr.decode().strip().splitlines()[-1:])[-300:]
                remedy = (
                    f"see docker compose --project-name={self.project} logs, or set"
                    " LARGESSE_CONTAINERS=off to have local processes instead"
                    if overlay is None
                    else "see what the containers printed"
                )
                raise LocalProblemError(
                    f"docker compose {doing} failed ({said}): {remedy}"
                ) from error
