"""Which program of ours a container runs, and what its settings are."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

from pydantic_settings import BaseSettings

from local_stack.databases import SERVICES
from manifests.gateway import SETTINGS as GATEWAY_SETTINGS
from manifests.gateway import gateway_names

_SETTINGS: Final = {
    **{service: f"{service}.settings" for service in SERVICES},
    "live_hub": "live_hub.settings",
    "payment_sandbox": "payment_sandbox.settings",
    "sandbox_bank": "sandbox_bank.settings",
    "checker": "checker.arguments",
    "checker.daily": "checker.arguments",
    "chassis": "chassis.__main__",
}
"""The module of each program's `Settings`."""

_IMAGE: Final = "largesse-"
"""What our images are called, whatever registry they are in."""


class Program(NamedTuple):
    """One of ours."""

    name: str
    """Its module; `gateway` for the one that is none."""
    prefix: str
    """What its variables begin with."""

    def names(self) -> Mapping[str, bool]:
        """Every variable that it reads, and whether it must be told."""
        if self.name == "gateway":
            return gateway_names()
        fields = _class(self.name).model_fields
        return {self.prefix + name.upper(): field.is_required() for name, field in fields.items()}

    def settings(self) -> type[BaseSettings]:
        """Its settings' class; the gateway has none."""
        return _class(self.name)


def is_ours(container: Mapping[str, Any]) -> bool:
    """Whether a container is of an image of ours."""
    return _IMAGE in container["image"]


def program_of(container: Mapping[str, Any]) -> Program | None:
    """The program of a container; None where it is not ours."""
    if not is_ours(container):
        return None
    image = container["image"].partition("@")[0]
    if image.partition(_IMAGE)[2].partition(":")[0] == "gateway":
        return Program("gateway", GATEWAY_SETTINGS)
    module = container["args"][0]
    if module not in _SETTINGS:
        return None
    prefix = _class(module).model_config.get("env_prefix", "")
    return Program(module, prefix)


@cache
def _class(module: str) -> type[BaseSettings]:
    return import_module(_SETTINGS[module]).Settings
