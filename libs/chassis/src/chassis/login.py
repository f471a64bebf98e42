"""How one is let into PostgreSQL."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Login(NamedTuple):
    """A database, and the password that counts now."""

    dsn: str
    password: Callable[[], str] | None = None
    """Asked at each connection, so that a password may change in between; None: it stands in the
    DSN, or none is needed."""

    def options(self) -> dict[str, Any]:
        """What asyncpg is told."""
        told: dict[str, Any] = {"dsn": self.dsn}
        return told if self.password is None else told | {"password": self.password}


type Where = str | Login
"""A DSN alone has its password in it."""


def login_of(where: Where) -> Login:
    """What a DSN alone stands for."""
    return where if isinstance(where, Login) else Login(where)
