"""The one endpoint, and the services behind it."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from observe.dashboards.panels import RATE, board, figure, lines, percentiles


def dashboard() -> Dashboard:
    """The gateway."""
    return (
        board("the gateway", "gateway", "Requests of front ends, and who answers them")
        .with_panel(
            figure(
                "Requests per second",
                "",
                "sum(rate(graphql_request_seconds_count[5m]))",
                unit="reqps",
            )
        )
        .with_panel(
            figure(
                "Masked errors per second",
                "Defects of ours that callers saw as INTERNAL_SERVER_ERROR",
                'sum(rate(graphql_errors_total{code="INTERNAL_SERVER_ERROR"}[5m]))',
                unit="reqps",
            )
        )
        .with_panel(
            figure(
                "Event loop",
                "Longest delay of its p99 over all gateways",
                'max(nodejs_eventloop_lag_p99_seconds{job="gateway"})',
                unit="s",
            )
        )
        .with_panel(figure("Gateways", "That answer scrapes", 'sum(up{job="gateway"})'))
        .with_panel(
            lines(
                "Time to answer",
                "",
                *percentiles("graphql_request_seconds"),
                unit="s",
            )
        )
        .with_panel(
            lines(
                "Requests",
                "By outcome; refused: it never became an operation",
                (
                    f"sum by (outcome) (rate(graphql_request_seconds_count[{RATE}]))",
                    "{{outcome}}",
                ),
                unit="reqps",
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "Errors shown",
                "By code",
                (f"sum by (code) (rate(graphql_errors_total[{RATE}]))", "{{code}}"),
                unit="reqps",
            )
        )
        .with_panel(
            lines(
                "Services: time to answer",
                "",
                *percentiles("subgraph_request_seconds", by="subgraph"),
                unit="s",
            )
        )
        .with_panel(
            lines(
                "Services: no usable answer",
                "",
                (
                    f"sum by (subgraph) (rate(subgraph_failures_total[{RATE}]))",
                    "{{subgraph}}",
                ),
                unit="reqps",
            )
        )
        .with_panel(
            lines(
                "Memory",
                "Resident, of every process",
                ('process_resident_memory_bytes{job="gateway"}', "gateway {{instance}}"),
                ("largesse_process_resident_memory_bytes", "{{job}} {{instance}}"),
                unit="bytes",
            )
        )
    )
