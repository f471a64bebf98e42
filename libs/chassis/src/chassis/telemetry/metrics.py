"""Every metric of the Python processes, declared once: name, unit, labels.

Labels take few values by construction. What a client may choose (an operation's name) goes
through `Bounded`, so that nobody can fill the memory by inventing names.
"""

import time
from functools import partial
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
REGISTRY: Final = CollectorRegistry()
PROCESS: Final = ProcessCollector(namespace="largesse", registry=REGISTRY)

counter: Final = partial(Counter, namespace="largesse", registry=REGISTRY)
gauge: Final = partial(Gauge, namespace="largesse", registry=REGISTRY)
histogram: Final = partial(Histogram, namespace="largesse", registry=REGISTRY)

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_RECORDS: Final = (1, 3, 10, 30, 100, 300, 1_000, 3_000)


class Bounded:
    """Lets the first `values_max` values through; calls every further one `other`."""

    def __init__(self, values_max: int) -> None:
        self._values_max = values_max
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        """Give the label to use for `value`."""
        if value in self._seen:
            return value
        if len(self._seen) >= self._values_max:
            return "other"
        self._seen.add(value)
        return value


REQUESTS: Final = counter(
    "requests",
    "Requests answered, by first field and outcome: ok, or the error's code.",
    ["operation", "outcome"],
)
REQUEST_SECONDS: Final = histogram(
    "request_seconds",
    "Time from a request's arrival to its answer.",
    ["operation"],
    buckets=_SECONDS,
)
REFUSALS: Final = counter(
    "refusals", "Expected failures, by operation and refusal code.", ["operation", "code"]
)
TRANSACT_RETRIES: Final = counter(
    "transact_retries",
    "Transactions started again after a lost race, by the database's reason.",
    ["reason"],
)
OUTBOX_PUBLISHED: Final = counter(
    "outbox_published_records",
    "Records that the relay published and the broker acknowledged.",
    ["topic"],
)
OUTBOX_AGE: Final = gauge(
    "outbox_oldest_seconds",
    "Age of the oldest outbox row that is not published yet; 0 when all are.",
)
CONSUMER_LAG: Final = gauge(
    "consumer_lag_records",
    "Records in the partition that this process owns and has not applied yet.",
    ["topic", "partition"],
)
BATCH_RECORDS: Final = histogram(
    "consumer_batch_records", "Records applied in one transaction.", ["topic"], buckets=_RECORDS
)
APPLY_SECONDS: Final = histogram(
    "consumer_apply_seconds",
    "Time to apply one batch, from its first statement to its commit.",
    ["topic"],
    buckets=_SECONDS,
)
DEAD_LETTERS: Final = counter(
    "dead_letters", "Records set aside because they cannot be applied.", ["topic"]
)
WEBHOOK_DELIVERIES: Final = counter(
    "webhook_deliveries",
    "Webhook deliveries received, by what came of them or why they were turned away.",
    ["provider", "outcome"],
)
WEBHOOKS_UNMATCHED: Final = gauge(
    "webhooks_unmatched",
    "Alarm when above 0: kept deliveries that no known payment or event type explains.",
    ["provider"],
)
WEBHOOK_SECONDS: Final = histogram(
    "webhook_seconds",
    "From a delivery's arrival until what it tells is committed, coins included.",
    ["provider"],
    buckets=_SECONDS,
)
HOUSE_COINS: Final = gauge(
    "house_coins",
    "Coins that ever passed through an account of the house; each api tells the same of all.",
    ["account", "side"],
)
PAYOUTS_OPEN: Final = gauge(
    "payouts_open",
    "Payouts under way, those that rails have not accepted apart; each api tells the same.",
    ["status"],
)
PAYOUTS_OLDEST: Final = gauge(
    "payouts_oldest_seconds",
    "For how long the oldest open payout has its status, a queued one since it was due.",
    ["status"],
)
PAYOUT_BREAKS: Final = gauge(
    "payout_breaks_open",
    "Alarm when above 0: where the books of a rail and ours differ, and nobody has ended it.",
)
PAYOUT_ORDERS: Final = counter(
    "payout_orders",
    "Tries to have a rail pay: settled where it took or refused the order, else what is missing.",
    ["rail", "outcome"],
)
RAIL_CHANGES: Final = counter(
    "rail_changes",
    "What rails have told of transfers, by what came of it.",
    ["rail", "status", "effect"],
)
WORK_DONE_AT: Final = gauge(
    "work_done_timestamp_seconds",
    "When work that is done again and again was last done to its end, since the epoch.",
    ["work"],
)
STORE_ERRANDS: Final = counter(
    "store_errands",
    "What app stores wait for: tries that were put off, and ends by what came of them.",
    ["provider", "kind", "outcome"],
)
STORE_ERRANDS_LATE: Final = gauge(
    "store_errands_late",
    "Alarm when above 0: what app stores wait for and a quarter of the time for it is over.",
    ["provider", "kind"],
)
STORE_LIST_AGE: Final = gauge(
    "store_list_age_seconds",
    "Alarm when above some hours: how long ago the list of purchases taken back was read.",
    ["provider"],
)
DISPUTES_OVERDUE: Final = gauge(
    "disputes_overdue",
    "Alarm when above 0: payments whose payer's bank wants them back, undecided for too long.",
)
PAYOUT_HOLDS_OVERDUE: Final = gauge(
    "payout_holds_overdue",
    "Alarm when above 0: payouts held for longer than their review may take.",
)
LOG_LINES_SUPPRESSED: Final = counter(
    "log_lines_suppressed", "Log lines dropped by the flood filter.", ["logger"]
)

operation_label: Final = Bounded(200)
"""Use it for every `operation` label: clients choose the names of their operations."""

OUR_FAULT: Final = ("INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE")
"""Outcomes of requests that objectives count as failures, whatever the caller did."""

_failures_begun: set[str] = set()
_outbox_oldest_at: float | None = None


def record_request(operation: str, outcome: str, duration_s: float) -> None:
    """Count one answered request; `outcome` is `ok` or the error's stable code."""
    label = operation_label(operation)
    if label not in _failures_begun:
        # From nought: the first failure of a counter that begins with it would be no increase.
        _failures_begun.add(label)
        for failure in OUR_FAULT:
            REQUESTS.labels(label, failure)
    REQUESTS.labels(label, outcome).inc()
    REQUEST_SECONDS.labels(label).observe(duration_s)


def record_refusal(operation: str, code: str) -> None:
    """Count one refusal under its stable code."""
    REFUSALS.labels(operation_label(operation), code).inc()


def set_outbox_oldest(written_at: float | None) -> None:
    """Tell when the oldest unpublished outbox row was written (seconds since the epoch), if any.

    The age is computed when the metrics are read, so it goes on growing while the relay is stuck.
    """
    global _outbox_oldest_at
    _outbox_oldest_at = written_at


def drop_partition(topic: str, partition: int) -> None:
    """Forget the lag of a partition that another process owns now."""
    CONSUMER_LAG.remove(topic, str(partition))


def render() -> bytes:
    """All metrics in Prometheus' text format; serve it as `CONTENT_TYPE`."""
    return generate_latest(REGISTRY)


def _outbox_age_s() -> float:
    return 0.0 if _outbox_oldest_at is None else max(0.0, time.time() - _outbox_oldest_at)


OUTBOX_AGE.set_function(_outbox_age_s)
