"""Money on its way to creators."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from observe.dashboards.panels import RATE, board, figure, lines


def dashboard() -> Dashboard:
    """Payouts."""
    return (
        board("payouts", "payouts", "Payouts under way, and what rails make of them")
        .with_panel(
            figure(
                "Due and not sent",
                "Since when the oldest queued payout has been due",
                'max(largesse_payouts_oldest_seconds{status="QUEUED"})',
                unit="s",
            )
        )
        .with_panel(
            figure(
                "The run was last done",
                "How long ago; it looks once a second",
                "time() - max(last_over_time("
                'largesse_work_done_timestamp_seconds{work="payout_run"}[1h]))',
                unit="s",
            )
        )
        .with_panel(
            figure(
                "Held for too long",
                "Payouts whose review is overdue",
                "max(largesse_payout_holds_overdue)",
            )
        )
        .with_panel(
            figure(
                "Differences with rails",
                "Open ones of the reconciliation",
                "max(largesse_payout_breaks_open)",
            )
        )
        .with_panel(
            lines(
                "Open payouts",
                "By status",
                ("max by (status) (largesse_payouts_open)", "{{status}}"),
            )
        )
        .with_panel(
            lines(
                "The oldest",
                "For how long it has had its status",
                ("max by (status) (largesse_payouts_oldest_seconds)", "{{status}}"),
                unit="s",
            )
        )
        .with_panel(
            lines(
                "Orders",
                "Tries to have a rail pay, by what came of them",
                (
                    f"sum by (rail, outcome) (rate(largesse_payout_orders_total[{RATE}]))",
                    "{{rail}} {{outcome}}",
                ),
                unit="ops",
            )
        )
        .with_panel(
            lines(
                "What rails tell",
                "By the transfer's status and what came of it",
                (
                    f"sum by (rail, status, effect) (rate(largesse_rail_changes_total[{RATE}]))",
                    "{{rail}} {{status}} {{effect}}",
                ),
                unit="ops",
            )
        )
        .with_panel(
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
            )
        )
    )
