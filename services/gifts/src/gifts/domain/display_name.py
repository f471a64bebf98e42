"""What somebody is called where their gifts are shown."""

import unicodedata
from typing import Final

from gifts.domain.text import is_line
from gifts.domain.word_list import WordList

NAME_LENGTH_MAX: Final = 50


def display_name(claimed: str, words: WordList | None) -> str | None:
    """The name that a token claims, as it can be shown: one line of at most `NAME_LENGTH_MAX`.

    Args:
        claimed: What the token says; anything.
        words: What is not shown.

    Returns:
        None where nothing of it can be shown.
    """
    name = " ".join(unicodedata.normalize("NFC", claimed).split())[:NAME_LENGTH_MAX].rstrip()
    if not is_line(name) or (words is not None and words.find(name) is not None):
        return None
    return name
