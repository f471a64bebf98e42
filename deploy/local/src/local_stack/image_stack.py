"""`make test-images`: the whole stack from our images, an evening on it, and its books.

The settings are those of the local processes (programs.py), with the addresses that containers have
for each other.
"""

import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import CalledProcessError
from typing import Final, override

from testcontainers.compose import DockerCompose

from local_stack import checking, databases, docker, keys, paths, ports, programs, tax_table
from local_stack.addresses import Addresses
from local_stack.docker import Containers
from local_stack.home import Home
from local_stack.images import IMAGES, reference, size_bytes
from local_stack.problem import LocalProblemError
from local_stack.processes import wait_until
from local_stack.programs import PROGRAMS
from local_stack.report import report
from local_stack.run import play_evening

_PROJECT: Final = docker.project("images")
OVERLAY: Final = paths.DOCKER / "compose.images.yaml"
_KEY_SET: Final = "/run/largesse/jwks.json"
_UP_TIMEOUT_S: Final = 300.0

CONTAINED: Final = tuple(name for name in PROGRAMS if name != "demo-page")
"""The programs that are containers: the page's server reads the files of a local stack."""

_CHECKER: Final = "checker"
"""The container that proves the books, and ends."""


@dataclass(frozen=True, slots=True)
class InsideAddresses(Addresses):
    """Addresses as containers have them for each other: by the names of the services in Compose."""

    @override
    def url(self, name: str, path: str = "") -> str:
        """The HTTP address of a process."""
        return f"http://{name}:{self.ports[name]}{path}"


def test() -> int:
    """Do what `make test-images` promises; returns 1 if the books do not balance.

    Nothing is left running, and no data.

    Raises:
        LocalProblemError: No engine answers, an image is missing, the stack does not come up, or
            the evening goes wrong.
    """
    docker.require()
    sizes = {name: size_bytes(name) for name in IMAGES}
    # What an earlier run has published is not in this one's databases.
    shutil.rmtree(paths.LOCAL / "images", ignore_errors=True)
    home = Home(paths.LOCAL / "images")
    keys.ensure_keys(home)
    used = ports.free()
    containers = Containers(_PROJECT, used, databases.password(home, "superuser"))
    given = variables(home, used)
    addresses = Addresses(
        ports=used, postgres_dsn=containers.postgres_dsn, kafka_servers=containers.kafka_servers
    )
    write_settings(home, addresses, containers.password)

    with containers.compose(OVERLAY, **given) as compose:
        try:
            # Of an earlier run that was killed: its ports are not ours.
            compose.stop()
            _say("starting PostgreSQL and Kafka")
            replace(compose, services=["postgres", "kafka"]).start()
            databases.create(home, addresses.postgres_dsn)
            _say(f"starting {len(CONTAINED)} containers of our images")
            replace(compose, wait=False).start()
            _wait_ready(home, addresses)
            evening = play_evening(home, addresses, tax_table.publish(home, addresses), _say)
            print(f"\n{report(evening)}\n", flush=True)
            verdict = _prove_books(compose)
            _print_table(sizes, _time_starts(home, addresses))
            return verdict
        except (LocalProblemError, CalledProcessError):
            _save_logs(home)
            raise
        finally:
            compose.stop()
            shutil.rmtree(home.data("environments"))


def variables(home: Home, used: Mapping[str, int]) -> dict[str, str]:
    """What compose.images.yaml is told: folders, images and ports."""
    return {
        "ENVIRONMENTS": str(home.data("environments")),
        "KEY_SET": str(home.key_set),
        **{_variable(name): reference(name) for name in IMAGES},
        **{f"PORT_{_variable(name)}": str(used[name]) for name in CONTAINED},
    }


def write_settings(home: Home, addresses: Addresses, server_password: str) -> None:
    """Write each contained program's settings where compose.images.yaml looks for them."""
    inside = InsideAddresses(
        ports=addresses.ports,
        postgres_dsn=f"postgresql://owner:{server_password}@postgres:5432/postgres",
        kafka_servers="kafka:9094",
    )
    folder = home.data("environments")
    folder.mkdir(mode=0o700, exist_ok=True)
    told = {name: inside_settings(name, home, addresses, inside) for name in CONTAINED}
    told[_CHECKER] = checking.settings(home, inside)
    for name, settings in told.items():
        lines = [f"{variable}='{value}'\n" for variable, value in settings.items()]
        file = folder / f"{name}.env"
        file.touch(mode=0o600)
        file.write_text("".join(lines))


def inside_settings(
    name: str, home: Home, addresses: Addresses, inside: InsideAddresses
) -> dict[str, str]:
    """What the contained program `name` is told.

    Args:
        name: One of CONTAINED.
        home: Keeps the stack's passwords.
        addresses: As this machine, and so a browser on it, reaches the stack.
        inside: As the containers reach each other.
    """
    settings = dict(programs.spec(name, home, inside, {}).environment)
    prefix = _prefix(name)
    different = {
        "HTTP_HOST": "0.0.0.0",
        "HOST": "0.0.0.0",
        "TOKEN_JWKS_URL": f"file://{_KEY_SET}",
        "JWKS_URL": f"file://{_KEY_SET}",
        "DATA_FILE": f"/tmp/{name}.sqlite",
        "PUBLIC_URL": addresses.url(name),
    }
    # The sandbox gives browsers the address that it listens on, unless it is told another one.
    known = settings.keys() | {"PAYMENT_SANDBOX_PUBLIC_URL"}
    settings |= {prefix + key: value for key, value in different.items() if prefix + key in known}
    # Of the local processes' Node; the image has its own.
    return {key: value for key, value in settings.items() if not key.startswith("NODE_")}


def _prefix(name: str) -> str:
    for service in databases.SERVICES:
        if name.startswith(f"{service}-"):
            return f"{service.upper()}_"
    return f"{_variable(name)}_"


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _wait_ready(home: Home, addresses: Addresses) -> None:
    waiting = {name: programs.spec(name, home, addresses, {}) for name in CONTAINED}

    def all_ready() -> bool:
        for name in [name for name, spec in waiting.items() if spec.is_ready()]:
            del waiting[name]
        return not waiting

    if not wait_until(all_ready, timeout_s=_UP_TIMEOUT_S):
        late = ", ".join(waiting)
        raise LocalProblemError(f"not ready after {_UP_TIMEOUT_S:.0f} s: {late}; see {_logs(home)}")


def _prove_books(compose: DockerCompose) -> int:
    """Have the contained checker print what it found; returns its exit status."""
    began = time.monotonic()
    # `docker` is its first word.
    _, *command = compose.docker_compose_command()
    done = docker.run(*command, "run", "--rm", "--no-deps", "--no-TTY", _CHECKER)
    print(done.stdout + done.stderr, flush=True)
    _say(f"the checker's container ended after {time.monotonic() - began:.1f} s")
    return done.returncode


def _time_starts(home: Home, addresses: Addresses) -> Mapping[str, float]:
    """Start one container after the other again; returns how long each took until it served."""
    took_s: dict[str, float] = {}
    for name in CONTAINED:
        container = f"{_PROJECT}-{name}-1"
        stopped = docker.run("stop", container)
        began = time.monotonic()
        started = docker.run("start", container)
        spec = programs.spec(name, home, addresses, {})
        ready = wait_until(spec.is_ready, timeout_s=_UP_TIMEOUT_S, pause_s=0.02)
        if stopped.returncode != 0 or started.returncode != 0 or not ready:
            raise LocalProblemError(f"{name} does not come back: see {_logs(home)}")
        took_s[name] = time.monotonic() - began
    return took_s


def _print_table(sizes: Mapping[str, int], took_s: Mapping[str, float]) -> None:
    print("\nImages")
    for name, size in sizes.items():
        print(f"  {reference(name):32} {size / 1e6:6.0f} MB")
    print("\nFrom the start of a container to readiness, one after the other on this machine")
    for name, seconds in took_s.items():
        print(f"  {name:32} {seconds:6.1f} s")
    print(flush=True)


def _logs(home: Home) -> Path:
    return home.log("containers")


def _save_logs(home: Home) -> None:
    listed = docker.run(
        *("ps", "--all", "--format={{.Names}}"),
        f"--filter=label=com.docker.compose.project={_PROJECT}",
    )
    with _logs(home).open("w") as log:
        for container in sorted(listed.stdout.split()):
            said = docker.run("logs", "--tail=200", container)
            log.write(f"== {container}\n{said.stdout}{said.stderr}\n")
    print(f"what the containers printed: {_logs(home)}", file=sys.stderr)


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)
