"""Every field and mutation for every kind of caller, on the real services.

The table is support/authorisation.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_introspection_query,
    parse,
    visit,
)
from hub_process import events

from local_stack.client import Client, http_client
from local_stack.stack import Stack
from support.authorisation import CALLERS, FEEDS, ROUTES, Outcome, Route, Row
from support.authorisation.scene import set_scene
from support.watching import a_room
from support.world import World

pytestmark = pytest.mark.stack

OPERATOR_SCOPES = (
    "operator:catalogue operator:refunds operator:payouts operator:moderation operator:audit"
)


@pytest.fixture(scope="module")
def scene(stack: Stack) -> dict[str, Any]:
    """See `set_scene`."""

    async def set_up() -> dict[str, Any]:
        async with Client(stack.addresses.graphql) as client, http_client() as http:
            return await set_scene(World(stack, client, http))

    return asyncio.run(set_up())


@pytest.fixture
def tokens(world: World, scene: Mapping[str, str]) -> dict[str, str | None]:
    """A token for each kind of caller."""
    return {
        "anonymous": None,
        "other": world.token(scene["other"], "viewer creator"),
        "unscoped": world.token(scene["owner"], ""),
        "owner": world.token(scene["owner"], "viewer creator"),
        "operator": world.token("otto", OPERATOR_SCOPES),
    }


async def ask(
    world: World, document: str, token: str | None, variables: Mapping[str, Any]
) -> dict[str, Any]:
    wanted = re.findall(r"\$(\w+):", document)
    response = await world.http.post(
        world.stack.addresses.graphql,
        json={"query": document, "variables": {name: variables[name] for name in wanted}},
        headers={"authorization": f"Bearer {token}"} if token else {},
        timeout=30,
    )
    return response.json()


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_caller_sees_what_the_table_says(
    world: World,
    scene: Mapping[str, Any],
    tokens: Mapping[str, str | None],
    route: Route,
    caller: str,
) -> None:
    """At each place, by data or by code; and no error anywhere else."""
    body = await ask(world, route.document, tokens[caller], scene)

    expected = {row.place: row.outcomes[CALLERS.index(caller)] for row in route.rows}  # pyright: ignore[reportArgumentType]
    errors = error_codes(body)
    seen = {row.place: outcome(row, body, errors) for row in route.rows}
    assert seen == expected, body
    assert errors == {place: code for place, code in expected.items() if code.isupper()}


# Operators are like everybody else here, and otto's balance never changes.
@pytest.mark.parametrize("caller", CALLERS[:-1])
@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
async def test_caller_is_told_what_the_table_says(
    world: World, tokens: Mapping[str, str | None], feed: Route, caller: str
) -> None:
    """The first that is told is data, or the code."""
    async with a_room(world) as (_, room_id):
        variables = {"room": room_id} if "$room" in feed.document else {}
        url = world.stack.addresses.graphql
        async with events(url, feed.document, tokens[caller], **variables) as heard:
            _, told = await anext(heard)

    (row,) = feed.rows
    expected = row.outcomes[CALLERS.index(caller)]  # pyright: ignore[reportArgumentType]
    codes = [error["extensions"]["code"] for error in told.get("errors", [])]
    assert codes == ([] if expected == "shown" else [expected])
    assert expected != "shown" or told["data"][row.place]


async def test_nobody_sees_another_by_calling_it_me(
    world: World, scene: Mapping[str, str], tokens: Mapping[str, str | None]
) -> None:
    """`me` is the token's subject and nobody else."""
    for caller, subject in (("owner", "owner"), ("other", "other"), ("unscoped", "owner")):
        body = await ask(world, "{ me { id } }", tokens[caller], {})
        assert body == {"data": {"me": {"id": scene[subject]}}}


async def test_no_service_trusts_the_gateway(
    world: World, scene: Mapping[str, Any], tokens: Mapping[str, str | None]
) -> None:
    """Asked directly, by the federation's own field, each checks the token by itself."""
    private = {
        "wallet": ("User", "... on User { secret: balance { coins } }"),
        "gifts": ("Creator", "... on Creator { secret: giftsReceived { totalCoins } }"),
        "payouts": (
            "Creator",
            "... on Creator { secret: earnings { lifetime { microDiamonds } } }",
        ),
    }
    for service, (type_, fragment) in private.items():
        query = f"query ($who: [_Any!]!) {{ _entities(representations: $who) {{ {fragment} }} }}"
        who = [{"__typename": type_, "id": scene["owner"]}]
        answers = [
            await world.http.post(
                world.stack.addresses.url(f"{service}-api", "/graphql"),
                json={"query": query, "variables": {"who": who}},
                headers=headers,
            )
            for headers in (
                {},
                {"authorization": f"Bearer {tokens['other']}"},
                {"authorization": f"Bearer {tokens['owner']}x"},
            )
        ]
        codes = [answer.json()["errors"][0]["extensions"]["code"] for answer in answers]
        assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "UNAUTHENTICATED"], service
        assert [answer.json().get("data") for answer in answers[:2]] == [
            {"_entities": [{"secret": None}]}
        ] * 2


async def test_table_covers_the_whole_schema(
    world: World, tokens: Mapping[str, str | None]
) -> None:
    """A field that is on no route has not been thought about."""
    body = await ask(world, get_introspection_query(), tokens["owner"], {})
    schema = build_client_schema(body["data"])

    covered = {field for route in (*ROUTES, *FEEDS) for field in fields_of(schema, route.document)}

    assert sorted(set(all_fields(schema)) - covered) == []


def all_fields(schema: GraphQLSchema) -> Iterator[str]:
    """Every field of every object and interface, as `Type.field`."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and type_.name[:2] != "__":
            yield from (f"{type_.name}.{name}" for name in type_.fields)


def fields_of(schema: GraphQLSchema, document: str) -> set[str]:
    """The fields that a document asks for, as `Type.field`."""
    types = TypeInfo(schema)
    found: set[str] = set()

    class Finder(Visitor):
        def enter_field(self, node: Any, *_args: object) -> None:
            parent = types.get_parent_type()
            assert parent is not None
            assert node.name.value == "__typename" or types.get_field_def() is not None, node
            found.add(f"{parent.name}.{node.name.value}")

    visit(parse(document), TypeInfoVisitor(types, Finder()))
    return found


def error_codes(body: Mapping[str, Any]) -> dict[str, str]:
    """The code of each error by its place; a refused mutation has its error at its only field."""
    codes: dict[str, str] = {}
    for error in body.get("errors", []):
        keys = [str(key) for key in error.get("path", []) if not isinstance(key, int)]
        codes[".".join(keys)] = error["extensions"]["code"]
    return codes


def outcome(row: Row, body: Mapping[str, Any], errors: Mapping[str, str]) -> Outcome:
    """What the caller got at the row's place."""
    code = errors.get(row.place)
    value: Any = body["data"]
    for key in row.place.split("."):
        while isinstance(value, list):
            value = value[0]
        value = None if value is None else value[key]
    if code is not None:
        assert value is None, "an error beside a value"
        return code  # pyright: ignore[reportReturnType]
    return "null" if value is None else "shown"
