"""PostgreSQL 18 as a local process."""

import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local_stack import paths, unprivileged
from local_stack.home import Home
from local_stack.ports import HOST
from local_stack.problem import LocalProblemError
from local_stack.processes import ProcessSpec, base_environment

SUPERUSER = "largesse"

# For two cores, where the server shares the machine with everything else. Memory is touched only as
# it is used, so a stack at rest stays small.
_COMMON: Mapping[str, str] = {
    "listen_addresses": HOST,
    # A socket's path may be 107 bytes long and a clone may lie deep: TCP alone.
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "8GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "wal_buffers": "64MB",
    "min_wal_size": "1GB",
    # Fewer checkpoints mean fewer whole pages in the log, but a longer recovery after a crash.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # One worker at a time, but one that keeps up: balances are updated all the time.
    "autovacuum_max_workers": "2",
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_cost_limit": "2000",
    "autovacuum_vacuum_scale_factor": "0.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_lock_waits": "on",
    "log_checkpoints": "off",
    # Who may be told to go away is known after a second, not after two hours.
    "tcp_keepalives_idle": "30",
}

_DURABLE: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}

# For tests, whose databases live for seconds: a crash of the machine may lose them.
_THROWAWAY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "512MB",
    "autovacuum": "off",
    # The log may lie in memory, and databases are gone before a checkpoint would write them.
    "min_wal_size": "256MB",
    "max_wal_size": "1GB",
}


def superuser_dsn(ports: Mapping[str, int], password: str) -> str:
    """Where the server's owner connects."""
    return f"postgresql://{SUPERUSER}:{password}@{HOST}:{ports['postgres']}/postgres"


def spec(home: Home, ports: Mapping[str, int]) -> ProcessSpec:
    """How to run the server whose files `prepare` made."""
    port = ports["postgres"]
    return ProcessSpec(
        name="postgres",
        command=unprivileged.command(
            [str(paths.postgres_program("postgres")), "-D", str(home.data("postgres"))]
        ),
        is_ready=lambda: answers(HOST, port),
        port_names=("postgres",),
        # "Fast": ends sessions instead of waiting for them.
        stop_signal=signal.SIGINT,
        grace_s=30,
    )


def prepare(home: Home, ports: Mapping[str, int], password: str, *, durable: bool) -> None:
    """Make the server's folder the first time, and write its configuration.

    Args:
        home: The stack whose server it is.
        ports: The server listens on `postgres`.
        password: Of the superuser; it counts only when the folder is made.
        durable: Whether a commit must outlive a crash of the machine.

    Raises:
        LocalProblemError: The folder could not be made.
    """
    data = home.data("postgres")
    if not (data / "PG_VERSION").exists():
        _make_folder(data, password)
    settings = {
        "port": str(ports["postgres"]),
        **_COMMON,
        **(_DURABLE if durable else _THROWAWAY),
    }
    text = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    (data / "postgresql.conf").write_text(text)


def _make_folder(data: Path, password: str) -> None:
    data.mkdir(parents=True, exist_ok=True)
    unprivileged.give(data)
    with tempfile.NamedTemporaryFile("w", prefix="largesse-") as password_file:
        password_file.write(password)
        password_file.flush()
        unprivileged.give(Path(password_file.name))
        done = subprocess.run(
            unprivileged.command(
                [
                    str(paths.postgres_program("initdb")),
                    f"--pgdata={data}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--locale=C.UTF-8",
                    "--no-sync",
                ]
            ),
            env=base_environment() | {"LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise LocalProblemError(
            f"PostgreSQL's folder {data} could not be made ({' '.join(reason)}):"
            " check free disk space, delete the folder and try again"
        )


def answers(host: str, port: int) -> bool:
    """Whether a server there takes connections."""
    done = subprocess.run(
        [
            str(paths.postgres_program("pg_isready")),
            f"--host={host}",
            f"--port={port}",
            "--dbname=postgres",
            f"--username={SUPERUSER}",
            "--timeout=2",
            "--quiet",
        ],
        env=base_environment(),
        check=False,
    )
    return done.returncode == 0


def run_script(dsn: str, script: Path, variables: Mapping[str, str]) -> None:
    """Run a psql script with its variables set; it stops at the first error.

    Raises:
        LocalProblemError: The server refused a statement.
    """
    # By standard input: a command line can be read by everyone on the machine.
    settings = "".join(f"\\set {name} {_quoted(value)}\n" for name, value in variables.items())
    done = subprocess.run(
        [
            str(paths.postgres_program("psql")),
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            f"--dbname={dsn}",
        ],
        input=settings + script.read_text(),
        env=base_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LocalProblemError(
            f"PostgreSQL refused {script.name} ({done.stderr.strip()[-300:]}):"
            " the account must be allowed to create roles and databases"
        )


def _quoted(value: str) -> str:
    assert "'" not in value, "names and generated passwords hold no quotes"
    assert "\\" not in value, "names and generated passwords hold no backslashes"
    return f"'{value}'"
