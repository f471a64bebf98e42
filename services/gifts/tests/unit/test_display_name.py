"""What senders are called where their gifts are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifts.domain.display_name import NAME_LENGTH_MAX, display_name
from gifts.domain.word_list import WordList

WORDS = WordList(1, ("idiot",))


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        ("Alice", "Alice"),
        ("  Alice \n\t B. ", "Alice B."),
        ("Cafe\u0301", "Café"),
        ("x" * 80, "x" * 50),
        ("x" * 49 + " y", "x" * 49),
        ("", None),
        (" \u2003 ", None),
        ("evil\u202eeman", None),
        ("a\x00b", None),
        ("Big 1D10T", None),
    ],
)
def test_a_name_is_one_short_line(claimed: str, shown: str | None) -> None:
    """Or none, where it pretends to be something else or has words that are not shown."""
    assert display_name(claimed, WORDS) == shown


@given(st.text())
def test_any_claim_gives_a_name_that_can_be_stored(claimed: str) -> None:
    """Tokens may say anything."""
    name = display_name(claimed, None)
    assert name is None or 1 <= len(name) <= NAME_LENGTH_MAX
    if name is not None:
        name.encode()
        assert display_name(name, None) == name
