"""Gifts on their way through the three services."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from observe.dashboards.panels import RATE, Row, board, burn, figure, lines, percentiles


def dashboard() -> Dashboard:
    """The pipeline."""
    return board(
        "the pipeline",
        "pipeline",
        "Charges, gifts and earnings between the services",
        _now(),
        _gifts(),
        _consuming(),
        _publishing(),
        _failing(),
    )


def _now() -> Row:
    """How it is."""
    return [
        figure(
            "Gifts per second",
            "Answered by gifts, whatever the answer",
            'sum(rate(largesse_requests_total{operation="sendGift"}[5m]))',
            unit="reqps",
        ),
        burn("Gifts answered", "gift_success"),
        burn("Gifts in time", "gift_latency"),
        figure(
            "Set aside, last day",
            "Records that nobody could read or apply",
            "sum(increase(largesse_dead_letters_total[1d]))",
        ),
    ]


def _gifts() -> Row:
    """A gift, as its giver sees it."""
    return [
        lines(
            "Time of a gift",
            "From its arrival at gifts to the answer that its coins are taken",
            *percentiles("largesse_request_seconds", of='operation="sendGift"'),
            unit="s",
        ),
        lines(
            "Answers to sendGift",
            "By outcome; a refusal is `ok` here and counted below",
            (
                f'sum by (outcome) (rate(largesse_requests_total{{operation="sendGift"}}[{RATE}]))',
                "{{outcome}}",
            ),
            unit="reqps",
        ),
    ]


def _consuming() -> Row:
    """What workers read."""
    return [
        lines(
            "Records applied",
            "Per second, by topic and worker",
            (
                f"sum by (job, topic) (rate(largesse_consumer_batch_records_sum[{RATE}]))",
                "{{job}} {{topic}}",
            ),
            unit="ops",
        ),
        lines(
            "Lag",
            "Records published and not applied",
            ("sum by (job, topic) (largesse_consumer_lag_records)", "{{job}} {{topic}}"),
        ),
        lines(
            "Batch size",
            "Records of a batch, on average; 1,000 is the most",
            (
                f"sum by (topic) (rate(largesse_consumer_batch_records_sum[{RATE}]))"
                f" / sum by (topic) (rate(largesse_consumer_batch_records_count[{RATE}]))",
                "{{topic}}",
            ),
        ),
        lines(
            "Time to apply a batch",
            "From its first statement to its commit",
            *percentiles("largesse_consumer_apply_seconds", by="topic"),
            unit="s",
        ),
    ]


def _publishing() -> Row:
    """What services tell."""
    return [
        lines(
            "Outbox",
            "Age of the oldest event that is not published",
            ("max by (job) (largesse_outbox_oldest_seconds)", "{{job}}"),
            unit="s",
        ),
        lines(
            "Published",
            "Records per second that the broker has acknowledged",
            (
                f"sum by (topic) (rate(largesse_outbox_published_records_total[{RATE}]))",
                "{{topic}}",
            ),
            unit="ops",
        ),
    ]


def _failing() -> Row:
    """What was refused or had to be tried again."""
    return [
        lines(
            "Refusals",
            "By operation and code",
            (
                f"sum by (operation, code) (rate(largesse_refusals_total[{RATE}]))",
                "{{operation}} {{code}}",
            ),
            unit="ops",
        ),
        lines(
            "Tried again",
            "Transactions, by why",
            (
                f"sum by (job, reason) (rate(largesse_transact_retries_total[{RATE}]))",
                "{{job}} {{reason}}",
            ),
            unit="ops",
        ),
    ]
