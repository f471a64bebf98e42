"""PostgreSQL and Kafka as containers, where a Docker engine answers: deploy/compose.yaml."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from local_stack import kafka, paths, postgres
from local_stack.problem import LocalProblemError
from local_stack.processes import base_environment


@cache
def answers() -> bool:
    """Whether there is a Docker engine that answers, and Compose to direct it.

    LARGESSE_CONTAINERS=off says that it is not for us.
    """
    if os.environ.get("LARGESSE_CONTAINERS") == "off":
        return False
    docker = shutil.which("docker")
    if docker is None:
        return False
    for question in (["version", "--format", "{{.Server.Version}}"], ["compose", "version"]):
        try:
            done = subprocess.run([docker, *question], capture_output=True, timeout=10, check=False)
        except subprocess.TimeoutExpired:
            return False
        if done.returncode != 0:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Containers:
    """The two servers of one stack, on the given ports of this machine."""

    project: str
    """Compose's name for the stack; a second stack of that name would be the same one."""
    ports: Mapping[str, int]
    password: str

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
        self._compose("up", "--detach", "--wait", "--wait-timeout", "120")

    def stop(self) -> None:
        """Stop the containers; their data stays for the next start.

        Raises:
            LocalProblemError: Compose failed.
        """
        self._compose("stop")

    def remove(self) -> None:
        """Stop the containers and delete their data.

        Raises:
            LocalProblemError: Compose failed.
        """
        self._compose("down", "--volumes")

    def _compose(self, *arguments: str) -> None:
        command = [
            "docker",
            "compose",
            f"--project-name={self.project}",
            f"--file={paths.COMPOSE_FILE}",
            *arguments,
        ]
        environment = {
            "POSTGRES_PORT": str(self.ports["postgres"]),
            "POSTGRES_USER": postgres.SUPERUSER,
            "POSTGRES_PASSWORD": self.password,
            "KAFKA_PORT": str(self.ports["kafka"]),
        }
        done = subprocess.run(
            command,
            env=base_environment() | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalProblemError(
                f"docker compose {arguments[0]} failed ({done.stderr.strip()[-300:]}): see"
                f" docker compose --project-name={self.project} logs, or set"
                " LARGESSE_CONTAINERS=off to have local processes instead"
            )
