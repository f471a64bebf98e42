"""Who may read the schema, and the page to try it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_process import Gateway, Issuer, run_gateway
from graphql import get_introspection_query

SCHEMA = get_introspection_query(descriptions=True, input_value_deprecation=True)
HTML = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def development(folder: Path, settings: dict[str, str]) -> Iterator[Gateway]:
    with run_gateway(folder, settings | {"GATEWAY_DEVELOPMENT": "true"}) as running:
        yield running


@pytest.mark.parametrize(
    "query",
    [SCHEMA, "{ __schema { queryType { name } } }", '{ __type(name: "User") { name } }'],
    ids=["whole", "root", "type"],
)
def test_in_production_the_schema_is_for_those_signed_in(
    gateway: Gateway, issuer: Issuer, query: str
) -> None:
    """Any token will do."""
    anonymous = gateway.post(query).json()
    signed_in = gateway.post(query, token=issuer.token()).json()

    assert anonymous["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"
    assert "errors" not in signed_in


def test_in_development_the_schema_is_for_all(development: Gateway) -> None:
    """Whole, and without what only the federation needs."""
    schema = development.post(SCHEMA).json()["data"]["__schema"]

    names = {type_["name"] for type_ in schema["types"]}
    assert {"User", "Creator", "Gift", "GiftItem", "Refusal"} <= names
    assert not [name for name in names if "__" in name.removeprefix("__")]
    assert [d["name"] for d in schema["directives"] if "join" in d["name"]] == []


def test_typename_alone_is_not_introspection(gateway: Gateway) -> None:
    """It is how a load balancer asks whether anybody is there."""
    assert gateway.post("{ __typename }").json() == {"data": {"__typename": "Query"}}


def test_schema_is_asked_for_alone(development: Gateway) -> None:
    """The engine answers the schema and nothing beside it."""
    body = development.post('{ __schema { queryType { name } } creator(id: "c") { id } }').json()

    assert body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_introspection_is_bounded(development: Gateway) -> None:
    """Its depth too, by the rule made for it."""
    nested = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"

    body = development.post(nested).json()

    assert body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_graphiql_shows_the_operations_of_front_ends(development: Gateway) -> None:
    """As tabs, with headers that are kept; it loads nothing from elsewhere."""
    page = development.client.get("/graphql", headers=HTML)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "mutation SendGift($input: SendGiftInput!)" in page.text
    assert '"shouldPersistHeaders":true' in page.text
    assert 'src="http' not in page.text


def test_production_has_no_graphiql(gateway: Gateway) -> None:
    """Only the refusal that any GET gets."""
    assert gateway.client.get("/graphql", headers=HTML).status_code == 405
