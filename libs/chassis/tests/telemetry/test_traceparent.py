import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.telemetry.traceparent import format_sampled, parse, parse_sampled

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


@pytest.mark.parametrize("flags", ["01", "03", "0b", "ff"])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_reads_a_sampled_context(flags: str, as_bytes: bool) -> None:
    text = f"00-{TRACE}-{SPAN}-{flags}"

    context = parse_sampled(text.encode() if as_bytes else text)

    assert context is not None
    assert (f"{context.trace_id:032x}", f"{context.span_id:016x}") == (TRACE, SPAN)
    assert context.is_remote
    assert format_sampled(context) == text


@pytest.mark.parametrize("flags", ["00", "02", "0a", "fe"])
def test_an_unsampled_context_is_none_unless_asked_for(flags: str) -> None:
    text = f"00-{TRACE}-{SPAN}-{flags}"

    context = parse(text)

    assert parse_sampled(text) is None
    assert context is not None
    assert format_sampled(context) is None


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        b"",
        "",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        b"\xff" * 54 + b"1",
    ],
)
def test_a_malformed_header_counts_as_absent(malformed: str | bytes | None) -> None:
    assert parse(malformed) is None
    assert parse_sampled(malformed) is None


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60), st.binary(min_size=55, max_size=55)))
def test_no_header_makes_it_raise(header: str | bytes) -> None:
    parse_sampled(header)
    parse(header)
