"""Which program of ours a container runs, and what its settings are."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

from pydantic_settings import BaseSettings

import chassis.program
from local_stack.databases import SERVICES
from manifests.gateway import SETTINGS as GATEWAY_SETTINGS
from manifests.gateway import gateway_names

_SETTINGS: Final = {
    "live_hub": "live_hub.settings",
    "payment_sandbox": "payment_sandbox.settings",
    "sandbox_bank": "sandbox_bank.settings",
    "checker": "checker.arguments",
    "checker.daily": "checker.arguments",
    "chassis": "chassis.__main__",
}
"""The module of the `Settings` of each program that has one kind of them."""

_IMAGE: Final = "largesse-"
"""What our images are called, whatever registry they are in."""


class Program(NamedTuple):
    """One of ours, as a container runs it."""

    name: str
    """Its module; `gateway` for the one that is none."""
    command: str | None
    """What it is to do, where it can do several things: those of a service are told differently."""
    prefix: str
    """What its variables begin with."""

    def names(self) -> Mapping[str, bool]:
        """Every variable that it reads, and whether it must be told."""
        if self.name == "gateway":
            return gateway_names()
        fields = self.settings().model_fields
        return {self.prefix + name.upper(): field.is_required() for name, field in fields.items()}

    def names_of_all(self) -> frozenset[str]:
        """Every variable that it reads, whatever it is to do: pods of a service share those that
        are no secret."""
        if self.name not in SERVICES:
            return frozenset(self.names())
        commands = _program(self.name).commands()
        return frozenset(name for c in commands for name in self._replace(command=c).names())

    def settings(self) -> type[BaseSettings]:
        """Its settings' class; the gateway has none."""
        return _class(self.name, self.command)


def is_ours(container: Mapping[str, Any]) -> bool:
    """Whether a container is of an image of ours."""
    return _IMAGE in container["image"]


def program_of(container: Mapping[str, Any]) -> Program | None:
    """The program of a container; None where it is not ours."""
    if not is_ours(container):
        return None
    image = container["image"].partition("@")[0]
    if image.partition(_IMAGE)[2].partition(":")[0] == "gateway":
        return Program("gateway", None, GATEWAY_SETTINGS)
    module, *others = container["args"]
    if module not in _SETTINGS and module not in SERVICES:
        return None
    command = others[0] if module in SERVICES else None
    prefix = _class(module, command).model_config.get("env_prefix", "")
    return Program(module, command, prefix)


@cache
def _class(module: str, command: str | None) -> type[BaseSettings]:
    if command is None:
        return import_module(_SETTINGS[module]).Settings
    return _program(module).settings_of(command)


def _program(service: str) -> chassis.program.Program[Any]:
    return import_module(f"{service}.__main__").PROGRAM
