from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from trace_store.spans import Event, Link, Span
from trace_store.store import Store

GIFT = "0190c0de-0000-7000-8000-000000000001"
OTHER = "1bf7651916cd43dd8448eb211c80319d"

type MakeSpan = Callable[..., Span]


def test_keeps_a_span_whole(store: Store, make_span: MakeSpan) -> None:
    span = make_span(
        parent_id="00000000000000aa",
        error="gone",
        attributes={"records": 2**53 + 1, "list": ["a", 0.5, None]},
        links=(Link(OTHER, "00000000000000bb"),),
        events=(Event("exception", {"exception.type": "LookupError"}),),
    )

    store.insert([span])

    assert store.select_spans(span.trace_id) == [span]


def test_spans_come_in_the_order_in_which_they_began(store: Store, make_span: MakeSpan) -> None:
    store.insert([make_span(3), make_span(1)])
    store.insert([make_span(2)])

    names = [span.span_id[-1] for span in store.select_spans(make_span().trace_id)]
    assert names == ["1", "2", "3"]


def test_a_span_sent_again_is_kept_once(store: Store, make_span: MakeSpan) -> None:
    store.insert([make_span()])
    store.insert([make_span()])

    assert store.select_spans(make_span().trace_id) == [make_span()]


def test_a_trace_is_found_by_its_gift_and_by_its_id(store: Store, make_span: MakeSpan) -> None:
    store.insert([make_span(1, name="POST /graphql", process="gateway")])
    store.insert([make_span(2, attributes={"largesse.gift_id": GIFT.upper()}, error="")])
    store.insert([make_span(9, trace_id=OTHER)])

    (by_gift,) = store.select_traces(GIFT)
    (by_id,) = store.select_traces(make_span().trace_id)

    assert by_gift == by_id
    assert by_gift == (make_span().trace_id, GIFT, 1_000_000, 1_500_000, 2, 2, 1, "POST /graphql")
    assert store.select_traces("none") == []


def test_a_gift_sent_twice_has_two_traces(store: Store, make_span: MakeSpan) -> None:
    gift = {"largesse.gift_id": GIFT}
    store.insert([make_span(1, attributes=gift), make_span(2, trace_id=OTHER, attributes=gift)])

    found = [trace.trace_id for trace in store.select_traces(GIFT)]
    assert found == [OTHER, make_span().trace_id]


def test_batches_are_listed_on_request(store: Store, make_span: MakeSpan) -> None:
    link = (Link(make_span().trace_id, "00000000000000bb"),)
    store.insert([make_span(1), make_span(2, trace_id=OTHER, links=link)])

    without = [trace.trace_id for trace in store.select_traces()]
    everything = [trace.trace_id for trace in store.select_traces(with_batches=True)]

    assert without == [make_span().trace_id]
    assert everything == [OTHER, make_span().trace_id]


def test_the_oldest_traces_make_room(tmp_path: Path, make_span: MakeSpan) -> None:
    size_max = 2 * 2**20
    with closing(Store(tmp_path / "small.sqlite", bytes_max=size_max)) as store:
        for batch in range(40):
            store.insert(
                [
                    make_span(
                        number,
                        trace_id=f"{number:032x}",
                        attributes={"largesse.gift_id": f"gift-{number}", "padding": "x" * 1_000},
                    )
                    for number in range(batch * 100 + 1, batch * 100 + 101)
                ]
            )
            assert store.bytes_used() <= size_max

        newest = store.select_traces(limit=500)
        assert newest[0].gift_id == "gift-4000"
        assert store.select_traces("gift-4000") != []
        assert store.select_traces("gift-1") == []
        assert store.select_spans(f"{1:032x}") == []


def test_a_restart_keeps_what_there_was(tmp_path: Path, make_span: MakeSpan) -> None:
    path = tmp_path / "traces.sqlite"
    with closing(Store(path, bytes_max=2**20)) as store:
        store.insert([make_span()])

    with closing(Store(path, bytes_max=2**20)) as store:
        assert store.select_spans(make_span().trace_id) == [make_span()]
