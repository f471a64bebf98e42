"""Money on its way to creators."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from observe.dashboards.panels import RATE, Row, board, figure, lines


def dashboard() -> Dashboard:
    """Payouts."""
    return board(
        "payouts",
        "payouts",
        "Payouts under way, and what rails make of them",
        _now(),
        _payouts(),
        _rails(),
    )


def _now() -> Row:
    """How it is."""
    return [
        figure(
            "Due and not sent",
            "Since when the oldest queued payout has been due",
            'max(largesse_payouts_oldest_seconds{status="QUEUED"})',
            unit="s",
        ),
        figure(
            "The run was last done",
            "How long ago; it looks once a second",
            "time() - max(last_over_time("
            'largesse_work_done_timestamp_seconds{work="payout_run"}[1h]))',
            unit="s",
        ),
        figure(
            "Held for too long",
            "Payouts whose review is overdue",
            "max(largesse_payout_holds_overdue)",
        ),
        figure(
            "Differences with rails",
            "Open ones of the reconciliation",
            "max(largesse_payout_breaks_open)",
        ),
    ]


def _payouts() -> Row:
    """Those that are open."""
    return [
        lines(
            "Open payouts", "By status", ("max by (status) (largesse_payouts_open)", "{{status}}")
        ),
        lines(
            "The oldest",
            "For how long it has had its status",
            ("max by (status) (largesse_payouts_oldest_seconds)", "{{status}}"),
            unit="s",
        ),
    ]


def _rails() -> Row:
    """What goes to rails and comes back, and the work that sees to it."""
    return [
        lines(
            "Orders",
            "Tries to have a rail pay, by what came of them",
            (
                f"sum by (rail, outcome) (rate(largesse_payout_orders_total[{RATE}]))",
                "{{rail}} {{outcome}}",
            ),
            unit="ops",
        ),
        lines(
            "What rails tell",
            "By the transfer's status and what came of it",
            (
                f"sum by (rail, status, effect) (rate(largesse_rail_changes_total[{RATE}]))",
                "{{rail}} {{status}} {{effect}}",
            ),
            unit="ops",
        ),
        lines(
            "Work that is done again and again",
            "How long ago it was last done to its end",
            (
                "time() - max by (work) (largesse_work_done_timestamp_seconds"
                '{job="payouts-worker"})',
                "{{work}}",
            ),
            unit="s",
            width=24,
        ),
    ]
