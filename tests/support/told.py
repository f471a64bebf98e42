"""Which settings a process of ours reads."""

from importlib import import_module

from pydantic_settings import BaseSettings

from local_stack.databases import SERVICES


def settings_of(process: str) -> type[BaseSettings]:
    """The settings of a process that the local stack calls so, such as wallet-worker."""
    service, _, command = process.partition("-")
    if service in SERVICES:
        return import_module(f"{service}.__main__").PROGRAM.settings_of(command)
    return import_module(f"{process.replace('-', '_')}.settings").Settings
