"""What is wrong with a query is found without a server."""

import pytest

from observe import queries, rules

KNOWN = {
    "largesse_requests_total": frozenset({"job", "instance", "operation", "outcome"}),
    "largesse_seconds_bucket": frozenset({"job", "instance", "le", "topic"}),
}


@pytest.mark.parametrize(
    ("query", "unknown"),
    [
        ("sum by (job) (rate(largesse_requests_total[5m]))", []),
        ("largesse_request_total", ["series largesse_request_total"]),
        (
            'largesse_requests_total{operations="x"}',
            ["label operations of largesse_requests_total"],
        ),
        ("sum by (topic) (largesse_requests_total)", ["label topic of largesse_requests_total"]),
        ("max(topk(3, sum by (topic) (largesse_seconds_bucket)))", []),
        (
            "histogram_quantile(0.9, sum by (le) (rate(largesse_seconds_bucket[5m]))) or gone > 0",
            ["series gone"],
        ),
        (
            'sum by (le) (label_replace(largesse_requests_total, "le", "$1", "job", "(.*)"))',
            [],
        ),
        ("max_over_time(sum(absent)[1h:1m])", ["series absent"]),
        ("rate({job='x'}[5m])", ["series None"]),
    ],
)
def test_unknown_names_are_found(query: str, unknown: list[str]) -> None:
    """Series, matchers and what is summed by, wherever they stand."""
    assert queries.unknown(query, KNOWN) == unknown


def test_what_is_no_query_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid promql"):
        queries.unknown("sum by job (x)", KNOWN)


def test_recorded_series_have_the_labels_of_their_queries() -> None:
    known = rules.known_series()

    assert known["largesse:burn:1h"] == {"objective"}
    assert known["largesse:debt_coins"] == set()


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("{{ $labels.job }} has {{ $value | humanize }}", ["job"]),
        ("{{topic}} {{ outcome }}", ["topic", "outcome"]),
        ("{{ with $labels.provider }} of {{ . }}{{ end }}", ["provider", "end"]),
        ("plain", []),
    ],
)
def test_labels_in_texts(text: str, labels: list[str]) -> None:
    assert list(queries.labels_in_text(text)) == labels
