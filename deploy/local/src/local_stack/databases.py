"""The services' databases on one server: each service has a role and a database of its own."""

import base64
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import as_file, files
from urllib.parse import urlsplit, urlunsplit

from local_stack import postgres
from local_stack.file_lock import FileLock
from local_stack.home import Home

SERVICES = ("wallet", "gifts", "payouts")
AUDITOR = "checker"


def key(home: Home, name: str) -> str:
    """32 random bytes in base64, generated and kept like a password."""
    return _generated(home, name, lambda: base64.b64encode(secrets.token_bytes(32)).decode())


def password(home: Home, name: str) -> str:
    """The generated password of `name`; the same one for as long as the stack's folder lives."""
    return _generated(home, name, lambda: secrets.token_urlsafe(24))


def _generated(home: Home, name: str, make: Callable[[], str]) -> str:
    # Several processes may be the first to need one.
    with FileLock(home.secrets.with_suffix(".lock")):
        known: dict[str, str] = {}
        if home.secrets.exists():
            known = json.loads(home.secrets.read_text())
        if name not in known:
            known[name] = make()
            home.secrets.touch(mode=0o600)
            home.secrets.write_text(json.dumps(known, indent=2) + "\n")
    return known[name]


def create(home: Home, superuser_dsn: str, *, prefix: str = "") -> None:
    """Create what is missing: a role and a database for each service, and the checker's role.

    Args:
        home: Keeps the passwords.
        superuser_dsn: An account that may create roles and databases.
        prefix: Stands before each role's and database's name, where stacks share a server.

    Raises:
        LocalProblemError: The server refused.
    """
    for service in SERVICES:
        _run(
            superuser_dsn,
            "database.sql",
            {"name": prefix + service, "password": password(home, service)},
        )
    audited = {service: prefix + service for service in SERVICES}
    _run(
        superuser_dsn,
        "auditor.sql",
        {"name": prefix + AUDITOR, "password": password(home, AUDITOR), **audited},
    )


def dsn(home: Home, server_dsn: str, service: str, *, prefix: str = "", role: str = "") -> str:
    """Where a service reaches its own database; with `role`, where that role reaches it."""
    role = role or service
    address = urlsplit(server_dsn)
    host = address.netloc.rpartition("@")[2]
    return urlunsplit(
        address._replace(
            netloc=f"{prefix}{role}:{password(home, role)}@{host}", path=f"/{prefix}{service}"
        )
    )


def drop(superuser_dsn: str, names: Iterable[str]) -> None:
    """Remove databases and roles of these names, with everything in them.

    Raises:
        LocalProblemError: The server refused.
    """
    for name in names:
        _run(superuser_dsn, "drop.sql", {"name": name})


def _run(server_dsn: str, script: str, variables: Mapping[str, str]) -> None:
    with as_file(files("local_stack") / script) as path:
        postgres.run_script(server_dsn, path, variables)
