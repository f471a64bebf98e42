"""What ids and messages may be made of."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifts.domain.refusals import MalformedError, MessageTooLongError
from gifts.domain.text import check_id, check_message


@pytest.mark.parametrize("text", ["a", "Z" * 64, "alice@example.org", "0:1.2_3-4"])
def test_id_passes(text: str) -> None:
    assert check_id(text, name="creatorId") == text


@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a\n", "a\x00", "é", "a/b", "１"])
def test_malformed_id_is_named(text: str) -> None:
    with pytest.raises(MalformedError, match=r"^roomId is 1 to 64 letters"):
        check_id(text, name="roomId")


@pytest.mark.parametrize("message", [None, "x", "x" * 30, "👩‍👩‍👧‍👦 bravo!", "שלום"])
def test_message_passes(message: str | None) -> None:
    check_message(message, max_length=30)


def test_longer_message_is_refused_with_the_length_allowed() -> None:
    with pytest.raises(MessageTooLongError) as refusal:
        check_message("x" * 31, max_length=30)

    assert refusal.value.max_length == 30


def test_tier_without_messages_takes_none() -> None:
    check_message(None, max_length=0)
    with pytest.raises(MessageTooLongError):
        check_message("x", max_length=0)


@pytest.mark.parametrize(
    "message",
    ["", "  ", "\u3000", "a\nb", "a\x00b", "a\tb", "\x1b[31m", "a\u2028b", "\u202eevil", "\ud800"],
)
def test_blank_and_control_characters_are_malformed(message: str) -> None:
    with pytest.raises(MalformedError, match=r"^message is"):
        check_message(message, max_length=30)


@given(st.text(alphabet=st.characters(), max_size=40))
def test_whatever_passes_can_be_stored_and_shown_on_one_line(message: str) -> None:
    """PostgreSQL takes no NUL and UTF-8 no half characters: one such message would fail a group."""
    try:
        check_message(message, max_length=30)
    except (MalformedError, MessageTooLongError):
        return
    assert 1 <= len(message) <= 30
    assert message.encode()
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in message)
