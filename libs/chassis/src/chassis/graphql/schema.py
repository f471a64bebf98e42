"""Builds a subgraph's schema with the settings that all subgraphs share."""

from collections.abc import Callable
from typing import Any, Final

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition

from chassis.graphql.scalars import SCALARS

FEDERATION_VERSION: Final = "2.9"
"""The newest version that the gateway's composition accepts; strawberry would emit a newer one."""


def schema(
    *, query: type, mutation: type | None = None, types: tuple[type, ...] = ()
) -> strawberry.federation.Schema:
    """The federated schema of a service.

    Args:
        query: The `Query` type; it must have at least one field.
        mutation: The `Mutation` type, if the service has one.
        types: Types that no field refers to, such as refusals only reached by an interface,
            and entities that only members of unions do.
    """
    made = strawberry.federation.Schema(
        query=query,
        mutation=mutation,
        types=types,
        federation_version=FEDERATION_VERSION,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
    _remember_input_types(made)
    return made


def sdl(schema: strawberry.federation.Schema) -> str:
    """The SDL to commit as `services/<name>/schema.graphql`: what `_service { sdl }` answers."""
    return schema.as_str().strip() + "\n"


def _remember_input_types(schema: strawberry.federation.Schema) -> None:
    """Keep the types of input fields, which strawberry would work out again for each request.

    They cannot change once the schema is made; working them out is a third of a mutation's CPU.
    """
    for entry in schema.schema_converter.type_map.values():
        definition = entry.definition
        if isinstance(definition, StrawberryObjectDefinition) and definition.is_input:
            for field in definition.fields:
                field.resolve_type = _answering(field.resolve_type(type_definition=definition))


def _answering(resolved: object) -> Callable[..., Any]:
    def resolve_type(**_options: object) -> object:
        return resolved

    return resolve_type
