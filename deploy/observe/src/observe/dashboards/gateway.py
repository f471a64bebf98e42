"""The one endpoint, and the services behind it."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from observe.dashboards.panels import RATE, Row, board, figure, lines, percentiles


def dashboard() -> Dashboard:
    """The gateway."""
    return board(
        "the gateway",
        "gateway",
        "Requests of front ends, and who answers them",
        _now(),
        _requests(),
        _services(),
    )


def _now() -> Row:
    """How it is."""
    return [
        figure(
            "Requests per second", "", "sum(rate(graphql_request_seconds_count[5m]))", unit="reqps"
        ),
        figure(
            "Masked errors per second",
            "Defects of ours that callers saw as INTERNAL_SERVER_ERROR",
            'sum(rate(graphql_errors_total{code="INTERNAL_SERVER_ERROR"}[5m]))',
            unit="reqps",
        ),
        figure(
            "Event loop",
            "Longest delay of its p99 over all gateways",
            'max(nodejs_eventloop_lag_p99_seconds{job="gateway"})',
            unit="s",
        ),
        figure("Gateways", "That answer scrapes", 'sum(up{job="gateway"})'),
    ]


def _requests() -> Row:
    """Requests of front ends."""
    return [
        lines("Time to answer", "", *percentiles("graphql_request_seconds"), unit="s"),
        lines(
            "Requests",
            "By outcome; refused: it never became an operation",
            (f"sum by (outcome) (rate(graphql_request_seconds_count[{RATE}]))", "{{outcome}}"),
            unit="reqps",
            stacked=True,
        ),
        lines(
            "Errors shown",
            "By code",
            (f"sum by (code) (rate(graphql_errors_total[{RATE}]))", "{{code}}"),
            unit="reqps",
        ),
    ]


def _services() -> Row:
    """The services behind it, and what everything takes."""
    return [
        lines(
            "Services: time to answer",
            "",
            *percentiles("subgraph_request_seconds", by="subgraph"),
            unit="s",
        ),
        lines(
            "Services: no usable answer",
            "",
            (f"sum by (subgraph) (rate(subgraph_failures_total[{RATE}]))", "{{subgraph}}"),
            unit="reqps",
        ),
        lines(
            "Memory",
            "Resident, of every process",
            ('process_resident_memory_bytes{job="gateway"}', "gateway {{instance}}"),
            ("largesse_process_resident_memory_bytes", "{{job}} {{instance}}"),
            unit="bytes",
        ),
    ]
