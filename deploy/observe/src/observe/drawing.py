"""Draws a dashboard's panels plainly, for machines that have no Grafana.

It knows the two kinds of panels that our dashboards have and nothing else: no other time than the
last quarter of an hour, nothing to click on.
"""

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

SPAN_S: Final = 900
STEP_S: Final = 5
_RATE: Final = "1m"
"""Twelve scrapes of `make observe`."""

_WIDTH: Final = 600
_HEIGHT: Final = 180
_COLOURS: Final = (
    *("#3274d9", "#e0752d", "#37872d", "#8f3bb8", "#c4162a", "#0a7e8c", "#b5880d"),
    *("#6d6d6d", "#e05fa3", "#5a8f00"),
)
_STYLE: Final = """
body { font: 13px system-ui, sans-serif; background: #f4f5f5; color: #222; margin: 12px }
nav a { margin-right: 12px }
main { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: 8px }
section { background: #fff; border: 1px solid #ddd; padding: 8px; min-width: 0 }
h2 { font-size: 13px; margin: 0 }
p { margin: 2px 0; color: #666 }
svg { width: 100%; display: block }
.figure { font-size: 30px; margin: 8px 0 }
.legend span { margin-right: 12px; white-space: nowrap }
"""


class Line(NamedTuple):
    """One series of an answer."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]
    """Moments in seconds since the epoch, and values; without those that are no numbers."""


type Ask = Callable[[str, bool], Sequence[Line]]
"""Answers a query: over the span, or, where the second argument is true, of now."""


def page(document: Mapping[str, Any], names: Iterable[str], ask: Ask, *, at: datetime) -> str:
    """A dashboard as a page.

    Args:
        document: The dashboard, as Grafana would be given it.
        names: Of all dashboards, to go to.
        ask: Answers queries.
        at: Now.
    """
    links = "".join(f'<a href="/{name}">{name}</a>' for name in names)
    panels = "".join(_panel(each, ask, at) for each in document["panels"])
    title = html.escape(document["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="refresh" content="15"><style>{_STYLE}</style>'
        f"<nav>{links}</nav><h1>{title}</h1><p>{html.escape(document['description'])}."
        f" Drawn without Grafana at {at:%H:%M:%S} UTC: the last {SPAN_S // 60} minutes.</p>"
        f"<main>{panels}</main></html>"
    )


def _panel(panel: Mapping[str, Any], ask: Ask, at: datetime) -> str:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    draw = {"stat": _figure, "timeseries": _lines}[panel["type"]]
    return (
        f'<section style="grid-column: span {panel["gridPos"]["w"]}">'
        f"<h2>{html.escape(panel['title'])}</h2><p>{html.escape(panel.get('description', ''))}</p>"
        f"{draw(panel['targets'], unit, ask, at)}</section>"
    )


def _figure(targets: Sequence[Mapping[str, Any]], unit: str, ask: Ask, at: datetime) -> str:
    (target,) = targets
    answer = [each.points[-1][1] for each in ask(_query(target), True) if each.points]
    return f'<div class="figure">{in_words(answer[0], unit, at) if answer else "no data"}</div>'


def _lines(targets: Sequence[Mapping[str, Any]], unit: str, ask: Ask, at: datetime) -> str:
    lines = [
        (_legend(target["legendFormat"], line.labels), line.points)
        for target in targets
        for line in ask(_query(target), False)
        if line.points
    ]
    if not lines:
        return '<div class="figure">no data</div>'
    top = max(value for _, points in lines for _, value in points) or 1.0
    began_at = at.timestamp() - SPAN_S
    drawn: list[str] = []
    legend: list[str] = []
    for number, (name, points) in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        places = " ".join(
            f"{(moment - began_at) / SPAN_S * _WIDTH:.1f},{_HEIGHT * (1 - max(value, 0) / top):.1f}"
            for moment, value in points
        )
        drawn.append(
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        )
        last = in_words(points[-1][1], unit, at)
        legend.append(f'<span style="color: {colour}">{html.escape(name)} {last}</span>')
    grid = "".join(
        f'<line x1="0" x2="{_WIDTH}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        f'<text x="2" y="{y + 11}" font-size="10" fill="#888">'
        f"{in_words(top * (1 - y / _HEIGHT), unit, at)}</text>"
        for y in (0, _HEIGHT // 2)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}">{grid}{"".join(drawn)}</svg>'
        f'<div class="legend">{" ".join(legend)}</div>'
    )


def _query(target: Mapping[str, Any]) -> str:
    return target["expr"].replace("$__rate_interval", _RATE)


def _legend(form: str, labels: Mapping[str, str]) -> str:
    for name, value in labels.items():
        form = form.replace(f"{{{{{name}}}}}", value)
    return form


def in_words(value: float, unit: str, at: datetime) -> str:
    """A value with its unit, which is one of Grafana's."""
    match unit:
        case "s":
            return f"{value:.3g} s" if value >= 1 else f"{value * 1_000:.3g} ms"
        case "ops" | "reqps":
            return f"{value:.3g}/s"
        case "bytes":
            return f"{value / 2**20:,.0f} MiB"
        case "dateTimeFromNow":
            age = at - datetime.fromtimestamp(value / 1_000, UTC)
            return f"{age.total_seconds():.0f} s ago"
        case _:
            return f"{value:,.0f}" if value == round(value) else f"{value:.3g}"
