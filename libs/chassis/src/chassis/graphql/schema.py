"""Builds a subgraph's schema with the settings that all subgraphs share."""

from typing import Final

import strawberry
from strawberry.schema.config import StrawberryConfig

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
        types: Types that no field refers to, such as refusals only reached by an interface.
    """
    return strawberry.federation.Schema(
        query=query,
        mutation=mutation,
        types=types,
        federation_version=FEDERATION_VERSION,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )


def sdl(schema: strawberry.federation.Schema) -> str:
    """The SDL to commit as `services/<name>/schema.graphql`: what `_service { sdl }` answers."""
    return schema.as_str().strip() + "\n"
