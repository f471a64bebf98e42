"""The list of metrics is what the code exports."""

import pytest

from observe import metrics
from observe.metrics import Metric

REMEDY = "`python -m observe write` puts that right"


def test_the_list_is_what_the_code_declares() -> None:
    """Name, type and labels: a query can rely on the list without anything running."""
    declared, kept = metrics.declared(), metrics.kept()

    assert set(declared) - set(kept) == set(), REMEDY
    assert set(kept) - set(declared) == set(), REMEDY
    assert kept == declared, REMEDY


def test_every_kind_of_process_is_in_it() -> None:
    """One that cannot be listed would be left out without a word."""
    names = {each.of: each.name for each in metrics.kept()}

    assert names.keys() == {"service", "live-hub", "gateway", "checker"}
    assert len(metrics.kept()) == len({each.name for each in metrics.kept()}) > 70


@pytest.mark.parametrize(
    ("answer", "unlisted"),
    [
        ("largesse_gifts_total 1", ["largesse_gifts_total[]"]),
        ('largesse_coins{side="debits"} 1', ["largesse_coins['side']"]),
        ('largesse_coins{account="mint",side="debits"} 1', []),
        ('largesse_seconds_bucket{le="1",topic="a"} 1', []),
        ('largesse_seconds_bucket{le="1"} 1', ["largesse_seconds_bucket['le']"]),
    ],
    ids=["unknown", "label missing", "listed", "histogram", "histogram without its label"],
)
def test_what_a_process_answers_is_held_to_the_list(answer: str, unlisted: list[str]) -> None:
    listed = [
        Metric("largesse_coins", "gauge", ("account", "side"), "service"),
        Metric("largesse_seconds", "histogram", ("topic",), "service"),
        Metric("largesse_gifts_total", "counter", (), "gateway"),
    ]

    assert metrics.unlisted("wallet-api", f"{answer}\n", listed) == unlisted
