"""A trace as text: one line a span, indented under its parent, with times."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

type SpanJson = Mapping[str, Any]
"""A span as /api/traces/<trace id> gives it."""

_BRANCH: Final = "├─ "
_LAST: Final = "└─ "
_PASSING: Final = "│  "
_EMPTY: Final = "   "


def render(trace: Mapping[str, Any]) -> str:
    """Give the text for a trace as /api/traces/<trace id> gives it."""
    spans: list[SpanJson] = trace["spans"]
    processes = {span["process"] for span in spans}
    width = max(map(len, processes))
    began = datetime.fromtimestamp(trace["began_us"] / 1e6, UTC)
    subject = f"gift {trace['gift_id']}\n" if trace["gift_id"] else ""
    lines = [
        f"{subject}trace {trace['trace_id']}",
        f"{began:%Y-%m-%d %H:%M:%S.%f} UTC, {_duration(trace['duration_us'])}, "
        f"{len(spans)} spans in {len(processes)} processes",
        "",
        f"{'at':>10}  {'took':>10}  {'process'.ljust(width)}  span",
    ]
    for indent, span in _walk(spans):
        fault = "" if span["error"] is None else f"  ERROR {span['error']}".rstrip()
        lines.append(
            f"{_duration(span['offset_us']):>10}  {_duration(span['duration_us']):>10}  "
            f"{span['process'].ljust(width)}  {indent}{span['name']}{fault}"
        )
    return "\n".join(lines)


def _walk(spans: list[SpanJson]) -> Iterator[tuple[str, SpanJson]]:
    """Give the spans depth first, parents before children, each with its indentation."""
    known = {span["span_id"] for span in spans}
    children: dict[str | None, list[SpanJson]] = {}
    for span in spans:
        # A parent that never arrived leaves its children at the top.
        parent = span["parent_id"] if span["parent_id"] in known else None
        children.setdefault(parent, []).append(span)

    waiting = [("", "", root) for root in reversed(children.get(None, []))]
    while waiting:
        indent, below, span = waiting.pop()
        yield indent, span
        under = children.get(span["span_id"], [])
        for index, child in reversed(list(enumerate(under))):
            last = index == len(under) - 1
            waiting.append(
                (
                    below + (_LAST if last else _BRANCH),
                    below + (_EMPTY if last else _PASSING),
                    child,
                )
            )


def _duration(microseconds: float) -> str:
    if microseconds < 1_000_000:
        return f"{microseconds / 1_000:.2f} ms"
    return f"{microseconds / 1_000_000:.2f} s"
