"""What ids, messages and titles may be made of."""

import re

from gifts.domain.refusals import MalformedError, MessageTooLongError

_ID = re.compile(r"[A-Za-z0-9._:@-]{1,64}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

# Control characters, line and paragraph separators, and the marks that turn the reading direction
# (with which a message can pretend to be another) have no place in one line of text. Half a
# surrogate pair is no character at all and cannot be stored.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
)


def check_id(text: str, *, name: str) -> str:
    """The text, if it has the form of a user's, video's or room's id.

    Raises:
        MalformedError: It has not; the message calls it `name`.
    """
    if _ID.fullmatch(text) is None:
        raise MalformedError(problem=f"{name} is 1 to 64 letters, digits and ._:@-.")
    return text


def check_message(message: str | None, *, max_length: int) -> None:
    """Pass no message, or one line of at most `max_length` characters (Unicode code points).

    Raises:
        MalformedError: Blank, or with control characters; leave the message out instead.
        MessageTooLongError: Longer than that.
    """
    if message is None:
        return
    if len(message) > max_length:
        raise MessageTooLongError(max_length=max_length)
    if not message.strip():
        raise MalformedError(problem="message is blank: leave it out.")
    check_line(message, name="message")


def check_line(text: str, *, name: str) -> None:
    """Pass one line of text.

    Raises:
        MalformedError: Blank, or with control characters; the message calls it `name`.
    """
    if not text.strip():
        raise MalformedError(problem=f"{name} is blank.")
    if not is_line(text):
        raise MalformedError(problem=f"{name} is one line without control characters.")


def is_line(text: str) -> bool:
    """Whether it is one line of text that shows something."""
    return bool(text.strip()) and _FORBIDDEN.search(text) is None


def check_room_id(text: str, *, name: str) -> str:
    """The text in the form in which rooms' ids are kept, if it is a UUID.

    Raises:
        MalformedError: It is none; the message calls it `name`.
    """
    if _UUID.fullmatch(text) is None:
        raise MalformedError(problem=f"{name} is the UUID of a room.")
    return text.lower()
