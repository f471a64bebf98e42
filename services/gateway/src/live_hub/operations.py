"""From the text of a subscription to what it asks for: parsed and validated once per text."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final, NamedTuple

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
)
from graphql.execution.values import get_argument_values, get_variable_values

from chassis.graphql.documents import DocumentCache
from chassis.graphql.errors import VALIDATION_FAILED, BadUserInputError, ClientError
from chassis.graphql.limits import Limits
from chassis.graphql.scalars import uuid_value
from live_hub.errors import BadRequestError, OperationRefusedError
from live_hub.guards import Guard, guards_of
from live_hub.shape import Selected, root_of

SDL: Final = files(__package__).joinpath("schema.graphql").read_text()
"""The hub's subgraph; edited by hand, since no code is run to answer it."""


class NotASubscriptionError(ClientError):
    """A query or a mutation."""

    code = VALIDATION_FAILED


class Wanted(msgspec.Struct, rename="camel"):
    """A subscription as a client sends it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


class Asked(NamedTuple):
    """A subscription that was read."""

    field: str
    arguments: Mapping[str, Any]
    shape: Selected
    guard: Guard
    """Who may ask for it."""


def schema() -> GraphQLSchema:
    """The schema of the hub's SDL."""
    # A subgraph's schema is not whole: it has directives of the federation.
    built = build_schema(SDL, assume_valid=True, assume_valid_sdl=True)
    uuid = built.type_map["UUID"]
    assert isinstance(uuid, GraphQLScalarType)
    # Variables are read by the one, literals by the other.
    uuid.coerce_input_value = uuid.parse_value = uuid_value
    return built


class Operations:
    """Reads subscriptions; bounded in what it remembers."""

    def __init__(self) -> None:
        self._schema = schema()
        self._documents = DocumentCache(self._schema, Limits())
        assert self._schema.subscription_type is not None
        self._fields = self._schema.subscription_type.fields
        self._guards = guards_of(self._schema.subscription_type)

    def read(self, wanted: Wanted) -> Asked:
        """What the operation asks for; one without a name must be the document's only one.

        Raises:
            OperationRefusedError: It is not valid, not a subscription, or its variables do not fit.
        """
        document = self._documents.get(wanted.query)
        if document.node is None:
            raise OperationRefusedError(document.errors)
        operation = _operation(document.node, wanted.operation_name)
        if document.errors:
            raise OperationRefusedError(document.errors)
        values = get_variable_values(
            self._schema,
            operation.variable_definitions or (),
            wanted.variables or {},
            max_errors=10,
        )
        if isinstance(values, list):
            raise _bad(*values)
        root = root_of(operation, _fragments(document.node), values)
        try:
            arguments = get_argument_values(self._fields[root.shape.field], root.node, values)
        except GraphQLError as error:
            raise _bad(error) from error
        field = root.shape.field
        return Asked(field, arguments, root.shape, self._guards[field])


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        and (name is None or (each.name is not None and each.name.value == name))
    ]
    if len(operations) != 1:
        message = "Say with operationName which operation to run: none or several match."
        raise OperationRefusedError([BadRequestError(message)])
    if operations[0].operation is not OperationType.SUBSCRIPTION:
        kind = operations[0].operation.value
        message = f"Only subscriptions are answered in this way: send a {kind} as a POST request."
        raise OperationRefusedError([NotASubscriptionError(message)])
    return operations[0]


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }


def _bad(*errors: GraphQLError) -> OperationRefusedError:
    return OperationRefusedError([BadUserInputError(error.message) for error in errors])
