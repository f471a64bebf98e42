"""Tells whoever watches what a run found, as metrics by OTLP.

Nothing can scrape a program that has ended, so it sends: to a collector, or to Prometheus itself.
Each run is one sample; questions look back for the newest (docs/decisions/0059).
"""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.resources import Resource

from checker.daily.figures import Daily
from checker.report import Report

METRICS: Final = {
    "largesse_books_clean": (),
    "largesse_books_wrong": ("invariant",),
    "largesse_books_checked_timestamp_seconds": (),
    "largesse_books_check_seconds": (),
    "largesse_owed_micro_diamonds": (),
    "largesse_money_behind_minor": ("currency",),
    "largesse_overdue": ("queue",),
    "largesse_dead_letters_kept": ("service",),
}
"""What is told, each with its labels; all but the first four by the daily job alone."""

STATUS_UNTOLD: Final = 4

_TIMEOUT_S: Final = 10


class Figure(NamedTuple):
    """One sample."""

    name: str
    value: float
    labels: tuple[str, ...] = ()
    """In the order of `METRICS`."""


class UntoldError(Exception):
    """Nobody took the result: who watches will hold the books for unchecked."""


def figures(report: Report, daily: Daily | None = None, *, at_s: float) -> Sequence[Figure]:
    """What a run has to tell.

    Args:
        report: What was found; each invariant that was looked at is named, clean ones too.
        daily: What is owed and what waits, of the daily job.
        at_s: When, in seconds since the epoch.
    """
    wrong: dict[str, int] = {}
    for finding in report.findings:
        if finding.skipped is None:
            wrong[finding.invariant] = wrong.get(finding.invariant, 0) + finding.wrong
    told = [
        Figure("largesse_books_clean", int(report.clean)),
        Figure("largesse_books_checked_timestamp_seconds", at_s),
        Figure("largesse_books_check_seconds", report.took_s),
        *(Figure("largesse_books_wrong", count, (name,)) for name, count in wrong.items()),
    ]
    if daily is None:
        return told
    if daily.diamonds is not None:
        told.append(Figure("largesse_owed_micro_diamonds", daily.diamonds.owed_micro_diamonds))
    if daily.coins is not None:
        told += [
            Figure("largesse_money_behind_minor", each.amount_minor, (each.currency,))
            for each in daily.coins.money_behind
        ]
    told += [
        Figure("largesse_overdue", queue.overdue, (name,)) for name, queue in daily.queues.items()
    ]
    told += [
        Figure("largesse_dead_letters_kept", count, (service,))
        for service, count in daily.dead_letters.items()
    ]
    return told


def tell(endpoint: str, job: str, report: Report, daily: Daily | None = None) -> None:
    """Send what a run found.

    Args:
        endpoint: Base address of an OTLP/HTTP receiver.
        job: The label `job` of what is told.
        report: What was found.
        daily: What else the daily job knows.

    Raises:
        UntoldError: It was not taken.
    """
    by_name: dict[str, list[Observation]] = {}
    for name, value, labels in figures(report, daily, at_s=time.time()):
        attributes = dict(zip(METRICS[name], labels, strict=True))
        by_name.setdefault(name, []).append(Observation(value, attributes))
    reader = InMemoryMetricReader()
    provider = MeterProvider(
        [reader], resource=Resource({"service.name": job}), shutdown_on_exit=False
    )
    meter = provider.get_meter("largesse-checker")
    for name, observed in by_name.items():
        meter.create_observable_gauge(name, [_observing(observed)])
    # The exporter logs each try with a stack; what it comes to is said in one line by the caller.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    exporter = OTLPMetricExporter(endpoint=f"{endpoint.rstrip('/')}/v1/metrics", timeout=_TIMEOUT_S)
    try:
        data = reader.get_metrics_data()
        assert data is not None, "there are figures in any case"
        if exporter.export(data) is not MetricExportResult.SUCCESS:
            raise UntoldError(f"{endpoint} does not take the result: see that it is up")
    finally:
        exporter.shutdown()
        provider.shutdown()


def told_or(
    status: int, endpoint: str | None, job: str, report: Report, daily: Daily | None = None
) -> int:
    """Tell the result where there is somebody to tell, and give the process's exit status.

    Args:
        status: What it is otherwise; a result that nobody took changes 0 alone.
        endpoint: None: nobody is told.
        job: As in `tell`.
        report: As in `tell`.
        daily: As in `tell`.
    """
    if endpoint is None:
        return status
    try:
        tell(endpoint, job, report, daily)
    except UntoldError as error:
        print(f"{job}: {error}", file=sys.stderr)
        return status or STATUS_UNTOLD
    return status


def _observing(
    observed: Sequence[Observation],
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _: observed
