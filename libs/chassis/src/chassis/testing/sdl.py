"""What every subgraph's schema is held to."""

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
)
from graphql.type import GraphQLNamedType

_BUILT_IN = frozenset({"Int", "String", "Boolean", "ID", "Float"})


def undescribed(sdl: str) -> list[str]:
    """Every type, field, argument and value of the schema that does not say what it means."""
    missing: list[str] = []
    for name, kind in build_schema(sdl, assume_valid_sdl=True).type_map.items():
        if "__" in name or name[0] == "_" or name in _BUILT_IN:
            continue
        if not kind.description:
            missing.append(name)
        missing += [f"{name}.{part}" for part in _undescribed_parts(kind)]
    return missing


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
