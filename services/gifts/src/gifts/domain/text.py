"""What ids and messages may be made of."""

import re

from gifts.domain.refusals import MalformedError, MessageTooLongError

_ID = re.compile(r"[A-Za-z0-9._:@-]{1,64}")

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
        MessageTooLongError: Longer than the tier allows.
    """
    if message is None:
        return
    if len(message) > max_length:
        raise MessageTooLongError(max_length=max_length)
    if not message.strip():
        raise MalformedError(problem="message is blank: leave it out.")
    if _FORBIDDEN.search(message):
        raise MalformedError(problem="message is one line without control characters.")
