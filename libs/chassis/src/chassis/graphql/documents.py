"""Parses, measures and validates each document once.

Validation is 85 % of an uncached request. Clients use variables, so a front end has few documents
and nearly every request finds its own here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from chassis.graphql.errors import PARSE_FAILED, VALIDATION_FAILED, OperationTooLargeError
from chassis.graphql.limits import Limits, check_size
from chassis.graphql.projection import Projections, projections_of

CACHED_DOCUMENT_CHARS_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Document:
    """A document ready to run, or the errors that keep it from running."""

    node: DocumentNode | None
    errors: Sequence[GraphQLError] = ()
    operations: Mapping[str | None, OperationType] = field(
        default_factory=dict[str | None, OperationType]
    )
    """What kind of operation each name stands for."""
    projections: Projections | None = None
    first_field: str = "invalid"
    """The first field that it asks for: the operation's name in metrics, as clients cannot
    invent one."""


class DocumentCache:
    """The documents seen lately, good and bad ones alike, in a bounded cache."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, documents_max: int = 500) -> None:
        self._schema = schema
        self._limits = limits
        self._documents_max = documents_max
        self._known: dict[str, Document] = {}

    def get(self, text: str) -> Document:
        """The document of that text; parsed and validated now if it is new."""
        known = self._known.get(text)
        if known is not None:
            return known
        document = self._prepare(text)
        if len(text) <= CACHED_DOCUMENT_CHARS_MAX:
            if len(self._known) >= self._documents_max:
                del self._known[next(iter(self._known))]
            self._known[text] = document
        return document

    def _prepare(self, text: str) -> Document:
        try:
            node = parse(text, max_tokens=self._limits.tokens_max)
            check_size(node, self._limits)
        except GraphQLSyntaxError as error:
            if error.message.endswith("Parsing aborted."):
                too_large = f"More than {self._limits.tokens_max} tokens."
                return Document(None, [OperationTooLargeError(too_large)])
            return Document(None, [_coded(error, PARSE_FAILED)])
        except OperationTooLargeError as error:
            return Document(None, [error])
        except RecursionError:
            return Document(None, [OperationTooLargeError("Nested too deeply.")])
        errors = validate(self._schema, node, max_errors=10, hide_suggestions=True)
        if errors:
            return Document(node, [_coded(error, VALIDATION_FAILED) for error in errors])
        return Document(
            node,
            operations=_operations(node),
            projections=projections_of(node),
            first_field=_first_field(node),
        )


def _operations(node: DocumentNode) -> dict[str | None, OperationType]:
    return {
        None if definition.name is None else definition.name.value: definition.operation
        for definition in node.definitions
        if isinstance(definition, OperationDefinitionNode)
    }


def _first_field(node: DocumentNode) -> str:
    for definition in node.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for selection in definition.selection_set.selections:
                if isinstance(selection, FieldNode):
                    return selection.name.value
    return "fragment"


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    return GraphQLError(
        error.message, nodes=error.nodes, source=error.source, positions=error.positions,
        extensions={"code": code},
    )  # fmt: skip
