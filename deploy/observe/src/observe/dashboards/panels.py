"""What the dashboards have in common."""

from collections.abc import Sequence
from itertools import chain
from typing import Final

from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Timeseries
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import DataSourceRef

RATE: Final = "$__rate_interval"
_SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")

type Query = tuple[str, str]
"""PromQL, and the legend."""


type Row = Sequence[Stat | Timeseries]
"""Panels that belong together."""


def board(title: str, uid: str, about: str, *rows: Row) -> Dashboard:
    """A dashboard of ours; its data source is chosen at the top."""
    made = (
        Dashboard(f"Largesse: {title}")
        .uid(f"largesse-{uid}")
        .description(about)
        .tags(["largesse"])
        .timezone("browser")
        .time("now-1h", "now")
        .refresh("30s")
        .readonly()
        .with_variable(DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for panel in chain.from_iterable(rows):
        made = made.with_panel(panel)
    return made


def lines(
    title: str,
    about: str,
    *queries: Query,
    unit: str = "short",
    width: int = 12,
    stacked: bool = False,
) -> Timeseries:
    """Lines over time; `unit` is one of Grafana's."""
    panel = (
        Timeseries()
        .title(title)
        .description(about)
        .datasource(_SOURCE)
        .unit(unit)
        .min(0)
        .span(width)
        .height(8)
        .fill_opacity(20 if stacked else 0)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode("normal"))  # pyright: ignore[reportArgumentType]
    for target in _targets(queries):
        panel = panel.with_target(target)
    return panel


def figure(title: str, about: str, query: str, *, unit: str = "short", width: int = 6) -> Stat:
    """The newest value, as a number."""
    return (
        Stat()
        .title(title)
        .description(about)
        .datasource(_SOURCE)
        .unit(unit)
        .span(width)
        .height(4)
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .with_target(Dataquery().ref_id("A").expr(query).instant())
    )


def percentiles(metric: str, *, of: str = "", by: str = "") -> Sequence[Query]:
    """The median, p95 and p99 of a histogram, or only p99 of each value of a label.

    Args:
        metric: Without suffix.
        of: Matchers: which of its series.
        by: The label.
    """
    series = f"{metric}_bucket{{{of}}}" if of else f"{metric}_bucket"
    if by:
        rate = f"sum by (le, {by}) (rate({series}[{RATE}]))"
        return [(f"histogram_quantile(0.99, {rate})", f"p99 {{{{{by}}}}}")]
    rate = f"sum by (le) (rate({series}[{RATE}]))"
    return [
        (f"histogram_quantile({share}, {rate})", name)
        for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    ]


def burn(title: str, objective: str) -> Stat:
    """How fast an objective's budget is used up: 1 is just right for 30 days."""
    return figure(
        f"{title}: budget burn, last hour",
        "1: used up in exactly 30 days. Pages from 14.4 on",
        f'largesse:burn:1h{{objective="{objective}"}}',
    )


def _targets(queries: Sequence[Query]) -> list[Dataquery]:
    return [
        Dataquery().ref_id(chr(ord("A") + number)).expr(expr).legend_format(legend).range()
        for number, (expr, legend) in enumerate(queries)
    ]
