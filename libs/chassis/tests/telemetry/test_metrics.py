import time
from collections.abc import Iterator

import pytest

from chassis.graphql.errors import INTERNAL, UNAVAILABLE
from chassis.telemetry import metrics
from chassis.telemetry.metrics import REGISTRY, Bounded


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


@pytest.fixture
def outbox_waits_since() -> Iterator[float]:
    written_at = time.time() - 60
    metrics.set_outbox_oldest(written_at)
    yield written_at
    metrics.set_outbox_oldest(None)


def test_counts_requests_and_refusals_by_operation() -> None:
    metrics.record_request("TestSend", "refused", 0.02)
    metrics.record_refusal("TestSend", "insufficient_coins")

    assert value("largesse_requests_total", operation="TestSend", outcome="refused") == 1
    assert value("largesse_request_seconds_sum", operation="TestSend") == 0.02
    assert value("largesse_refusals_total", operation="TestSend", code="insufficient_coins") == 1


def test_failures_of_an_operation_are_counted_from_nought() -> None:
    """A counter that first shows up as 1 has not grown: the first failure would burn no budget."""
    metrics.record_request("TestFirst", "ok", 0.01)

    for outcome in (INTERNAL, UNAVAILABLE):
        assert value("largesse_requests_total", operation="TestFirst", outcome=outcome) == 0
    assert set(metrics.OUR_FAULT) == {INTERNAL, UNAVAILABLE}


def test_invented_names_share_one_label() -> None:
    bounded = Bounded(2)

    labels = [bounded(name) for name in ("Me", "Send", "Invented1", "Me", "Invented2")]

    assert labels == ["Me", "Send", "other", "Me", "other"]


def test_the_outbox_ages_until_told_otherwise(outbox_waits_since: float) -> None:
    first = value("largesse_outbox_oldest_seconds")
    second = value("largesse_outbox_oldest_seconds")

    assert first is not None
    assert second is not None
    assert 60 <= first < second

    metrics.set_outbox_oldest(None)
    assert value("largesse_outbox_oldest_seconds") == 0


def test_a_partition_given_up_has_no_lag() -> None:
    metrics.CONSUMER_LAG.labels("gifts.test.v1", "7").set(12)

    metrics.drop_partition("gifts.test.v1", 7)

    assert value("largesse_consumer_lag_records", topic="gifts.test.v1", partition="7") is None


def test_giving_up_an_unknown_partition_does_nothing() -> None:
    metrics.drop_partition("gifts.never-owned.v1", 7)


def test_renders_the_memory_of_the_process_too() -> None:
    text = metrics.render().decode()

    assert "# TYPE largesse_outbox_oldest_seconds gauge" in text
    assert "largesse_process_resident_memory_bytes" in text
