"""Limits on a document, checked before anything runs.

The gateway has its own, stricter ones; these protect a subgraph that is reached around it.
"""

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from chassis.graphql.errors import OperationTooLargeError


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a document may be. The planner's documents stay far below the defaults."""

    tokens_max: int = 2_000
    depth_max: int = 15
    fields_max: int = 1_000
    """Fields after fragments are spread: bounds alias bombs and nested fragments alike."""
    aliases_max: int = 200


@dataclass(slots=True)
class _Measure:
    fields: int = 0
    aliases: int = 0
    depth: int = 0


def check_size(document: DocumentNode, limits: Limits) -> None:
    """Raise OperationTooLargeError when an operation, fragments spread, is over the limits.

    Fragments that spread themselves are left to validation.
    """
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            measure = _Measure()
            _walk(definition.selection_set, fragments, limits, measure, 1, ())


def _walk(
    selection_set: SelectionSetNode,
    fragments: dict[str, FragmentDefinitionNode],
    limits: Limits,
    measure: _Measure,
    depth: int,
    spread: tuple[str, ...],
) -> None:
    if depth > limits.depth_max:
        raise OperationTooLargeError(f"Nested deeper than {limits.depth_max} levels.")
    for selection in selection_set.selections:
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            fragment = fragments.get(name)
            if fragment is not None and name not in spread:
                _walk(fragment.selection_set, fragments, limits, measure, depth, (*spread, name))
        elif isinstance(selection, FieldNode):
            _count(selection, limits, measure)
            if selection.selection_set is not None:
                _walk(selection.selection_set, fragments, limits, measure, depth + 1, spread)
        elif isinstance(selection, InlineFragmentNode):
            _walk(selection.selection_set, fragments, limits, measure, depth, spread)


def _count(field: FieldNode, limits: Limits, measure: _Measure) -> None:
    measure.fields += 1
    measure.aliases += field.alias is not None
    if measure.fields > limits.fields_max:
        raise OperationTooLargeError(f"More than {limits.fields_max} fields.")
    if measure.aliases > limits.aliases_max:
        raise OperationTooLargeError(f"More than {limits.aliases_max} aliases.")
