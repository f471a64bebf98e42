"""What a query asks for: which series, and which of their labels."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import promql_parser as promql

TARGET: Final = frozenset({"job", "instance"})
"""Labels that scraping adds; no others may be relied on."""

_OF_PROMETHEUS: Final = {"up": TARGET}


def known_series(
    exported: Iterable[tuple[str, frozenset[str]]], recorded: Mapping[str, frozenset[str]]
) -> Mapping[str, frozenset[str]]:
    """Every series that a query may name, with its labels.

    Args:
        exported: What processes export.
        recorded: What rules record.
    """
    return {
        **_OF_PROMETHEUS,
        **{name: labels | TARGET for name, labels in exported},
        **recorded,
    }


def unknown(query: str, known: Mapping[str, frozenset[str]]) -> list[str]:
    """What a query names that does not exist: a series, or a label of one.

    Raises:
        ValueError: It is no PromQL.
    """
    return sorted(set(_unknown(promql.parse(query), known)[0]))


def result_labels(query: str, known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The labels that the answer may have."""
    return _unknown(promql.parse(query), known)[1]


def _unknown(
    node: Any,  # noqa: ANN401 - the parser's classes have no common one
    known: Mapping[str, frozenset[str]],
) -> tuple[list[str], frozenset[str]]:
    """What is unknown below a node, and the labels that may come out of it."""
    match node:
        case promql.VectorSelector():
            return _of_selector(node, known)
        case promql.MatrixSelector():
            return _of_selector(node.vector_selector, known)
        case promql.AggregateExpr():
            faults, labels = _unknown(node.expr, known)
            if node.param is not None:
                faults = [*faults, *_unknown(node.param, known)[0]]
            if node.modifier is None:
                keeps_all = str(node.op) in ("topk", "bottomk")
                return faults, labels if keeps_all else frozenset()
            named = frozenset(node.modifier.labels)
            faults = [
                *faults,
                *(f"label {each} of {node.expr.prettify().strip()}" for each in named - labels),
            ]
            is_by = node.modifier.type == promql.AggModifierType.By
            return faults, named if is_by else labels - named
        case promql.BinaryExpr():
            left, right = _unknown(node.lhs, known), _unknown(node.rhs, known)
            return [*left[0], *right[0]], left[1] | right[1]
        case promql.Call():
            parts = [_unknown(each, known) for each in node.args]
            faults = [fault for each in parts for fault in each[0]]
            labels = frozenset[str]().union(*(each[1] for each in parts))
            return faults, _after_call(node, labels)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _unknown(node.expr, known)
        case _:
            return [], frozenset()


def _of_selector(
    node: Any,  # noqa: ANN401
    known: Mapping[str, frozenset[str]],
) -> tuple[list[str], frozenset[str]]:
    labels = known.get(node.name or "")
    if labels is None:
        return [f"series {node.name}"], frozenset()
    return [
        f"label {each.name} of {node.name}"
        for each in node.matchers.matchers
        if each.name not in labels
    ], labels


def _after_call(node: Any, labels: frozenset[str]) -> frozenset[str]:  # noqa: ANN401
    match node.func.name:
        case "label_replace" | "label_join":
            return labels | {node.args[1].val}
        case "histogram_quantile":
            return labels - {"le"}
        case _:
            return labels


def labels_in_text(text: str) -> Iterator[str]:
    """The labels that a legend or an alert's text shows."""
    for piece in text.split("{{")[1:]:
        inside = piece.partition("}}")[0].strip()
        for word in inside.split():
            if word.startswith("$labels."):
                yield word.removeprefix("$labels.")
            elif inside.isidentifier():
                yield inside
