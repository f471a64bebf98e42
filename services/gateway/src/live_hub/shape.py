"""What a subscription asks to be told of an event: the selection below its field, flattened."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_directive_values,
)
from graphql.execution.values import VariableValues

type Fragments = Mapping[str, FragmentDefinitionNode]


class Selected(NamedTuple):
    """A field of a payload. Hashable: equal shapes of different documents are one."""

    key: str
    """Its name in the payload: the alias, if there is one."""
    field: str
    """Its name in the schema."""
    fields: tuple["Selected", ...] = ()
    """Of an object, or of each object in a list."""


class Root(NamedTuple):
    """What a subscription is to: one field, with one selection."""

    node: FieldNode
    """Its first mention: validation sees to it that all have the same arguments."""
    shape: Selected


def root_of(
    operation: OperationDefinitionNode, fragments: Fragments, variables: VariableValues
) -> Root:
    """The field that a valid subscription asks for, without what @skip and @include leave out.

    Every type of the hub's schema is an object, so the condition of a fragment always holds.
    """
    collected = _collect([operation.selection_set], fragments, variables)
    ((key, nodes),) = collected.items()
    return Root(nodes[0], _selected(key, nodes, fragments, variables))


def _selected(
    key: str, nodes: list[FieldNode], fragments: Fragments, variables: VariableValues
) -> Selected:
    below = [node.selection_set for node in nodes if node.selection_set is not None]
    fields = tuple(
        _selected(name, found, fragments, variables)
        for name, found in _collect(below, fragments, variables).items()
    )
    return Selected(key, nodes[0].name.value, fields)


def _collect(
    selection_sets: list[SelectionSetNode], fragments: Fragments, variables: VariableValues
) -> dict[str, list[FieldNode]]:
    """Fields by their keys, in the order of their first mention (GraphQL, 6.3.2)."""
    found: dict[str, list[FieldNode]] = {}
    spread: set[str] = set()

    def walk(selection_set: SelectionSetNode) -> None:
        for selection in selection_set.selections:
            if not _is_wanted(selection, variables):
                continue
            match selection:
                case FieldNode():
                    key = selection.alias or selection.name
                    found.setdefault(key.value, []).append(selection)
                case InlineFragmentNode():
                    walk(selection.selection_set)
                case FragmentSpreadNode(name=name) if name.value not in spread:
                    spread.add(name.value)
                    walk(fragments[name.value].selection_set)
                case _:
                    pass

    for selection_set in selection_sets:
        walk(selection_set)
    return found


def _is_wanted(node: Any, variables: VariableValues) -> bool:  # noqa: ANN401 - any kind of selection
    directives: tuple[DirectiveNode, ...] = node.directives
    if not directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, node, variables)
    if skip is not None and skip["if"]:
        return False
    include = get_directive_values(GraphQLIncludeDirective, node, variables)
    return include is None or bool(include["if"])
