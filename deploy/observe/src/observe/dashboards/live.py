"""What reaches the screens."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from observe.dashboards.panels import RATE, Row, board, burn, figure, lines, percentiles


def dashboard() -> Dashboard:
    """Live delivery."""
    return board(
        "live delivery",
        "live",
        "From a commit to the screens that show it",
        _now(),
        _delivery(),
        _failing(),
    )


def _now() -> Row:
    """How it is."""
    return [
        figure("Connected", "Clients, over all hubs", "sum(largesse_live_connections)"),
        figure("Subscriptions", "Under way", "sum(largesse_live_subscriptions)"),
        burn("Frames in time", "frames"),
        figure(
            "Payloads per second",
            "Written to clients",
            "sum(rate(largesse_live_deliveries_total[5m]))",
            unit="ops",
        ),
    ]


def _delivery() -> Row:
    """What is on its way to whom."""
    return [
        lines(
            "Commit to client",
            "From the commit of what happened to a client's connection",
            *percentiles("largesse_live_delivery_seconds"),
            unit="s",
            width=24,
        ),
        lines(
            "Subscriptions by field",
            "",
            ("sum by (field) (largesse_live_subscriptions)", "{{field}}"),
            stacked=True,
        ),
        lines(
            "Connections by protocol",
            "",
            ("sum by (protocol) (largesse_live_connections)", "{{protocol}}"),
            stacked=True,
        ),
    ]


def _failing() -> Row:
    """Who does not get everything."""
    return [
        lines(
            "Clients that are too slow",
            "Snapshots in place of frames, and connections cut",
            (f"sum(rate(largesse_live_resynchronisations_total[{RATE}]))", "resynchronised"),
            (f"sum(rate(largesse_live_connections_cut_total[{RATE}]))", "cut"),
            unit="ops",
        ),
        lines(
            "Refused and unreadable",
            "Subscriptions by the error's code; records by topic",
            (f"sum by (code) (rate(largesse_live_refused_total[{RATE}]))", "{{code}}"),
            (
                f"sum by (topic) (rate(largesse_live_unreadable_records_total[{RATE}]))",
                "unreadable {{topic}}",
            ),
            unit="ops",
        ),
    ]
