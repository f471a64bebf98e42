"""What docs/security.md says is so, and no code goes around it."""

import re
from unittest.mock import Mock

import pytest
from fastapi import FastAPI
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
)
from pydantic import SecretStr
from starlette.routing import BaseRoute

import gifts.api
import payouts.api
import wallet.api
from chassis.settings import ProcessSettings
from support.source import REPOSITORY, missing_tests, modules
from support.told import settings_of

DOCUMENT = (REPOSITORY / "docs" / "security.md").read_text()
NAMED = re.compile(r"`([\w./-]+)::(\w+)`")

SPEAKERS = {"httpx", "requests", "urllib3", "aiohttp", "stripe", "google", "appstoreserverlibrary"}
"""What can ask an address of the web for something."""
SPEAKING = {
    "chassis.auth",
    "chassis.stripe.client",
    "chassis.stripe.signed",
    "chassis.telemetry.tracing",
    "payouts.rails.sandbox_bank",
    "payouts.rails.stripe_accounts",
    "payouts.rails.stripe_api",
    "wallet.providers.app_store",
    "wallet.providers.google_play",
    "wallet.providers.google_play_api",
    "wallet.providers.google_push",
    "wallet.providers.sandbox",
    "wallet.providers.stores",
    "wallet.providers.stripe",
}
"""Those who do: each is told where by the settings alone."""


def test_every_test_that_is_named_exists() -> None:
    """One that was renamed takes its mention along."""
    named = NAMED.findall(DOCUMENT)

    assert missing_tests(named) == []
    assert len(named) == DOCUMENT.count("::")


@pytest.mark.parametrize("risk", [f"API{number}:2023" for number in range(1, 11)])
def test_every_risk_of_the_top_ten_has_tests(risk: str) -> None:
    (row,) = [line for line in DOCUMENT.splitlines() if line.startswith(f"| {risk} ")]

    assert NAMED.search(row) is not None


def test_every_threat_has_a_test() -> None:
    """A row of a table without one is a wish."""
    threats = DOCUMENT.partition("## Threats")[2].partition("\n## ")[0]
    rows = [line for line in threats.splitlines() if re.match(r"\| \w", line)]
    heads = [line for line in rows if line.startswith("| who could ")]

    assert len(heads) >= 5
    assert [row for row in rows if row not in heads and not NAMED.search(row)] == []


def test_only_providers_and_rails_speak_to_others() -> None:
    """API7: no command, no resolver and no consumer can be made to ask an address for something."""
    speaking = {
        module.name
        for module in modules()
        for _, full, _ in module.imports()
        if full.partition(".")[0] in SPEAKERS or full.startswith("urllib.request.urlopen")
    }

    assert speaking == SPEAKING


def test_nobody_can_say_where_to_ask() -> None:
    """API7: no argument and no field of an input of the whole schema is an address."""
    sdl = (REPOSITORY / "services" / "gateway" / "supergraph.graphql").read_text()
    schema = build_schema(sdl, assume_valid=True)
    given: dict[str, GraphQLArgument | GraphQLInputField] = {}
    for type_ in schema.type_map.values():
        if type_.name.startswith(("__", "link__", "join__")):
            continue
        match type_:
            case GraphQLInputObjectType():
                given |= {f"{type_.name}.{name}": each for name, each in type_.fields.items()}
            case GraphQLObjectType():
                for field_name, field in type_.fields.items():
                    arguments = field.args.items()
                    given |= {f"{type_.name}.{field_name}({n})": each for n, each in arguments}
            case _:
                pass

    assert len(given) > 100
    addresses = [
        name
        for name, each in given.items()
        for word in (re.split(r"[.(]", name)[-1], get_named_type(each.type).name)
        if _words(word) & {"url", "uri", "address", "endpoint", "callback", "webhook", "redirect"}
    ]
    assert addresses == []


def _words(name: str) -> set[str]:
    """Of a name such as `refreshUrl`."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


@pytest.mark.parametrize(
    ("service", "app"),
    [
        ("wallet", wallet.api.make_app(Mock(), Mock(), {})),
        ("gifts", gifts.api.make_app(Mock(), Mock())),
        ("payouts", payouts.api.make_app(Mock(), Mock(), Mock(), Mock())),
    ],
    ids=["wallet", "gifts", "payouts"],
)
def test_no_service_answers_at_an_address_that_is_not_listed(service: str, app: FastAPI) -> None:
    """API9: what is reachable stands in a table; the framework's own pages are none of it."""
    (row,) = [line for line in DOCUMENT.splitlines() if line.startswith(f"| {service} api ")]
    listed = set(re.findall(r"`(/[^`]*)`", row))

    assert {path for route in app.router.routes for path in paths_of(route)} | {
        "/graphql"
    } == listed


def paths_of(route: BaseRoute) -> list[str]:
    """Where a route answers; of a router that is included, where its routes do."""
    if (path := getattr(route, "path", None)) is not None:
        return [path]
    inner = getattr(route, "routes", None) or route.original_router.routes  # pyright: ignore[reportAttributeAccessIssue]
    return [path for each in inner for path in paths_of(each)]


_STORES = {"app_store_private_key", "google_play_service_account"}
_STRIPE = {"stripe_api_key", "stripe_webhook_secret"}
_SECRETS = {
    "wallet-migrate": set(),
    "wallet-api": {"sandbox_api_key", "sandbox_webhook_secret"} | _STRIPE | _STORES,
    "wallet-worker": {"kafka_password"} | _STORES,
    "gifts-migrate": set(),
    "gifts-api": set(),
    "gifts-worker": {"kafka_password"},
    "gifts-recover": {"kafka_password"},
    "payouts-migrate": set(),
    "payouts-api": {"details_keys", "link_keys"} | _STRIPE,
    "payouts-worker": {"kafka_password", "details_keys", "sandbox_bank_api_key"} | _STRIPE,
    "payouts-recover": {"kafka_password"},
    "payouts-reseal": {"details_keys"},
}
"""What each is told beside its role's password."""


@pytest.mark.parametrize("process", _SECRETS)
def test_nobody_is_told_a_secret_that_they_do_not_use(process: str) -> None:
    """Whoever breaks into one process has what that one has; deploy/k8s mounts no more."""
    told = {
        name
        for name, field in settings_of(process).model_fields.items()
        if field.annotation in (SecretStr, SecretStr | None)
    }

    assert told == _SECRETS[process] | {"database_dsn", "database_password"}


def test_nothing_is_open_unless_it_is_said() -> None:
    """API8: introspection for all, and pages for developers, only where somebody asks for them."""
    assert ProcessSettings.model_fields["http_host"].default == "127.0.0.1"
    gateway = (REPOSITORY / "services" / "gateway" / "federation" / "settings.ts").read_text()
    for name, default in (
        ("'DEVELOPMENT'", "false"),
        ("'TRUST_FORWARDED_FOR'", "false"),
        ("'HOST'", "'127.0.0.1'"),
    ):
        assert f"({name}, {default})" in gateway
    assert "reader.list('CORS_ORIGINS')" in gateway
