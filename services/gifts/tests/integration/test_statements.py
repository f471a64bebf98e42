"""Every statement fits the schema: a renamed column fails here, even where no test uses it."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module

import pytest

from chassis.db import Conn
from gifts import store

MODULES = [
    import_module(f"gifts.store.{each.name}") for each in pkgutil.iter_modules(store.__path__)
]

STATEMENTS: Mapping[str, str] = {
    f"{module.__name__}.{name}": text
    for module in MODULES
    for name, text in getattr(module, "STATEMENTS", {}).items()
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_prepares(conn: Conn, name: str) -> None:
    await conn.prepare(STATEMENTS[name])
