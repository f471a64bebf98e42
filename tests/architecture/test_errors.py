"""docs/errors.md has every code, and no code that is not."""

import importlib
import re

from chassis.graphql import Refusal, errors, refusal_code
from gifts.graphql.gift_parts import GiftRefusal
from live_hub import errors as hub_errors
from support.source import REPOSITORY

ERRORS = (REPOSITORY / "docs/errors.md").read_text()
TOP_LEVEL, REFUSALS = ERRORS.split("## Refusals")
SERVICES = ("wallet", "gifts", "payouts")


def codes_in(section: str) -> set[str]:
    """The codes that begin the rows of the section's table."""
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def refusals() -> set[type[Refusal]]:
    """The refusal types of the services and of the chassis."""
    for service in SERVICES:
        importlib.import_module(f"{service}.graphql.schema")
    return {
        kind
        for kind in Refusal.__subclasses__()
        if kind.__module__.split(".")[0] in (*SERVICES, "chassis")
    }


def test_every_error_code_is_listed() -> None:
    """Those of the gateway and of the hub, which are the ones that callers can meet, and of the
    subgraphs."""
    gateway = (REPOSITORY / "services/gateway/federation/errors.ts").read_text()
    of_gateway = set(re.findall(r"^  \w+: '([A-Z_]+)',$", gateway, re.MULTILINE))
    of_hub = {
        kind.code
        for kind in errors.ClientError.__subclasses__()
        if kind.__module__ == hub_errors.__name__
    }
    of_subgraphs = {kind.code for kind in errors.ClientError.__subclasses__()} | {
        errors.INTERNAL,
        errors.PARSE_FAILED,
        errors.VALIDATION_FAILED,
    }

    assert len(of_gateway) > 10
    assert codes_in(TOP_LEVEL) == of_gateway | of_hub
    assert of_subgraphs <= of_gateway | of_hub


def test_every_refusal_is_listed() -> None:
    """With the name of its type; the one whose code varies apart."""
    listed = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", REFUSALS, re.MULTILINE))
    made = {refusal_code(kind): kind.__name__ for kind in refusals() - {GiftRefusal}}

    assert listed == made | {"charge_conflict": GiftRefusal.__name__}
