"""Pages: complete, in order, without repeats, in both directions."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.graphql import BadUserInputError, Page, decode_cursor, encode_cursor

QUERY = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  me {
    notes(first: $first, after: $after, last: $last, before: $before) {
      nodes { id }
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


async def read(notes: Any, **arguments: Any) -> tuple[list[int], dict[str, Any]]:
    body = await notes.run(QUERY, **arguments)
    page = body["data"]["me"]["notes"]
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    return [int(node["id"]) for node in page["nodes"]], page["pageInfo"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_reading_forward_sees_everything_once(notes: Any, size: int) -> None:
    """In list order, whatever the size of the page."""
    seen: list[int] = []
    after = None
    while True:
        ids, info = await read(notes, first=size, after=after)
        assert info["hasPreviousPage"] == (after is not None)
        seen += ids
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]

    assert seen == list(range(7))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_reading_backward_sees_everything_once(notes: Any, size: int) -> None:
    """From the end, each page still in list order."""
    seen: list[int] = []
    before = None
    while True:
        ids, info = await read(notes, last=size, before=before)
        assert info["hasNextPage"] == (before is not None)
        seen = ids + seen
        if not info["hasPreviousPage"]:
            break
        before = info["startCursor"]

    assert seen == list(range(7))


async def test_empty_page_has_no_cursors(make_notes: Callable[..., Any]) -> None:
    """And nothing on either side."""
    ids, info = await read(make_notes(notes=0))

    assert ids == []
    assert info == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


async def test_page_has_twenty_items_unless_told(make_notes: Callable[..., Any]) -> None:
    """The default."""
    ids, info = await read(make_notes(notes=30))

    assert ids == list(range(20))
    assert info["hasNextPage"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 0},
        {"first": -1},
        {"first": 101},
        {"last": 0},
        {"last": 101},
        {"first": 1, "last": 1},
        {"last": 1, "after": "WzFd"},
        {"first": 1, "before": "WzFd"},
        {"after": ""},
        {"after": "!"},
        {"after": "WzFd" * 200},
        {"after": "WyJ4Il0"},
        {"after": "WzEsMl0"},
        {"after": "AAAA"},
        {"after": "é"},
    ],
    ids=str,
)
async def test_bad_arguments_are_refused(notes: Any, arguments: dict[str, Any]) -> None:
    """Sizes, contradictions and cursors that this list never gave."""
    body = await notes.run(QUERY, **arguments)

    assert body["data"]["me"]["notes"] is None
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@given(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.text(max_size=50),
        st.uuids(),
        st.dates(),
        st.datetimes(timezones=st.just(UTC)),
    )
)
def test_cursor_holds_any_key(key: tuple[int, str, UUID, date, datetime]) -> None:
    """Every type that orders a list of ours survives the way to the client and back."""
    assert decode_cursor(encode_cursor(key), tuple[int, str, UUID, date, datetime]) == key


@given(st.text(max_size=80))
def test_made_up_cursors_are_harmless(cursor: str) -> None:
    """Any text is either a cursor or refused."""
    try:
        position = Page.of(tuple[int], after=cursor).position
    except BadUserInputError:
        return
    assert position is not None
    assert [type(part) for part in position] == [int]
