"""The committed SDL is the one that the program serves, and says what everything means."""

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
)
from graphql.type import GraphQLNamedType

from chassis.graphql import sdl
from wallet.graphql.schema import SCHEMA

COMMITTED = Path(__file__).parents[2] / "schema.graphql"


def test_committed_sdl_is_current() -> None:
    """After a change: `python -m wallet schema > services/wallet/schema.graphql`."""
    assert COMMITTED.read_text() == sdl(SCHEMA)


def test_everything_is_described() -> None:
    undescribed: list[str] = []
    for name, kind in SCHEMA._schema.type_map.items():
        if "__" in name or name[0] == "_" or name in {"Int", "String", "Boolean", "ID", "Float"}:
            continue
        if not kind.description:
            undescribed.append(name)
        undescribed += [f"{name}.{part}" for part in _undescribed_parts(kind)]

    assert undescribed == []


def _undescribed_parts(kind: GraphQLNamedType) -> list[str]:
    parts: list[str] = []
    if isinstance(kind, GraphQLEnumType):
        parts += [name for name, value in kind.values.items() if not value.description]
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for name, field in kind.fields.items():
            if name.startswith("_"):
                continue
            if not field.description:
                parts.append(name)
            arguments = getattr(field, "args", {})
            parts += [f"{name}({each})" for each, a in arguments.items() if not a.description]
    return parts


def test_sdl_is_valid() -> None:
    """As the composition reads it: the federation directives are declared by the import."""
    text = COMMITTED.read_text()

    assert '@link(url: "https://specs.apollo.dev/federation/v2.9"' in text
    build_schema(text, assume_valid_sdl=True)
