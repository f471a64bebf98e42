"""The committed SDL is what this program serves."""

from pathlib import Path

from graphql import GraphQLNamedType, GraphQLObjectType

from chassis.graphql import sdl
from payouts.graphql.schema import SCHEMA

COMMITTED = Path(__file__).parents[2] / "schema.graphql"


def test_committed_schema_has_not_drifted() -> None:
    """Run `python -m payouts schema > services/payouts/schema.graphql` and look at the diff."""
    assert COMMITTED.read_text() == sdl(SCHEMA)


def test_everything_is_described() -> None:
    types: dict[str, GraphQLNamedType] = SCHEMA._schema.type_map
    own = {name: type_ for name, type_ in types.items() if "__" not in name and name[0] != "_"}

    bare = [name for name, type_ in own.items() if not type_.description]
    for name, type_ in own.items():
        if isinstance(type_, GraphQLObjectType):
            for field_name, field in type_.fields.items():
                if not field.description and not field_name.startswith("_"):
                    bare.append(f"{name}.{field_name}")
                bare += [
                    f"{name}.{field_name}({argument})"
                    for argument, definition in field.args.items()
                    if not definition.description and not field_name.startswith("_")
                ]

    assert bare == []
