from typing import Any

from trace_store.tree import render

GIFT = "0190c0de-0000-7000-8000-000000000001"


def span(
    span_id: str, parent_id: str | None, process: str, name: str, at_us: float, took_us: float
) -> dict[str, Any]:
    return {
        "span_id": span_id,
        "parent_id": parent_id,
        "process": process,
        "name": name,
        "offset_us": at_us,
        "duration_us": took_us,
        "error": None,
    }


def test_shows_each_span_under_its_parent_with_its_times() -> None:
    failed = span("e", "c", "gifts-worker", "process wallet.charge.v1", 9_000, 2_000)
    trace = {
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "gift_id": GIFT,
        "began_us": 1_800_000_000_123_456,
        "duration_us": 1_234_560.0,
        "spans": [
            span("a", None, "gateway", "POST /graphql", 0, 1_234_560),
            span("b", "a", "gifts-api", "POST /graphql", 1_250, 35_000),
            span("c", "b", "wallet-worker", "process gifts.charge.v1", 5_000, 3_000),
            span("d", "b", "gifts-worker", "publish gifts.charge.v1", 3_000, 1_000),
            failed | {"error": "LookupError"},
            span("f", "lost", "payouts-worker", "process gifts.gift.v1", 20_000, 500),
        ],
    }

    assert render(trace).splitlines() == [
        f"gift {GIFT}",
        "trace 0af7651916cd43dd8448eb211c80319c",
        "2027-01-15 08:00:00.123456 UTC, 1.23 s, 6 spans in 5 processes",
        "",
        "        at        took  process         span",
        "   0.00 ms      1.23 s  gateway         POST /graphql",
        "   1.25 ms    35.00 ms  gifts-api       └─ POST /graphql",
        "   5.00 ms     3.00 ms  wallet-worker      ├─ process gifts.charge.v1",
        "   9.00 ms     2.00 ms  gifts-worker       │  └─ process wallet.charge.v1"
        "  ERROR LookupError",
        "   3.00 ms     1.00 ms  gifts-worker       └─ publish gifts.charge.v1",
        "  20.00 ms     0.50 ms  payouts-worker  process gifts.gift.v1",
    ]


def test_a_thousand_generations_are_no_burden() -> None:
    spans = [
        span(str(number), str(number - 1) if number else None, "worker", "step", number, 1)
        for number in range(2_000)
    ]

    text = render(
        {"trace_id": "t", "gift_id": None, "began_us": 0, "duration_us": 2_000, "spans": spans}
    )

    assert len(text.splitlines()) == 2_004
