"""Words that are not shown, and how they are found in what people write.

Words are compared as a reader sees them: without regard to case, accents, width or invisible
characters, with the letters of other scripts and the digits that stand for a Latin letter read as
that letter (a small part of UTS #39's confusables), with drawn-out letters shortened, and with
letters that are spelt out one by one put together. A term is found as whole words alone, so that
nobody loses a message to the letters inside a harmless one.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

TERM_LENGTH_MAX: Final = 100
TERMS_MAX: Final = 10_000

_INVISIBLE: Final = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff"
_NOT_SEEN: Final = re.compile(f"[{_INVISIBLE}]")
_WORD: Final = re.compile(r"[^\W_]+")
_WORD_OF_SIGNS: Final = re.compile(r"[@$!|]*[^\W_](?:[@$!|]|[^\W_])*")
_SIGN: Final = re.compile(r"[@$!|0-9]")
_DRAWN_OUT: Final = re.compile(r"(.)\1{2,}")

# Lower-case letters of Cyrillic, Armenian and Greek that look like Latin ones, and Latin letters
# with strokes, which do not come apart into a letter and a mark.
_LETTERS: Final = str.maketrans(
    "\u0430\u044c\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043a\u043c\u0578"
    "\u043e\u0440\u051b\u0433\u0455\u0442\u0443\u0475\u051d\u0445\u03b1\u03b2"
    "\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131\u00f8\u0142"
    "\u0111",
    "abcdehijlkmnopqrstyvwxabeikvoptuxiold",
)
_SIGNS: Final = str.maketrans("@$!|01345789", "asiioieastbg")


class WordListError(Exception):
    """The word list cannot be published; the message says what is wrong with it."""


class WordListFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version as its author writes it."""

    version: Annotated[int, Meta(gt=0, le=2**31 - 1)]
    terms: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=TERM_LENGTH_MAX)], ...],
        Meta(max_length=TERMS_MAX),
    ]
    """A word, several words that follow each other, or a word's beginning and an asterisk."""


class Hit(NamedTuple):
    """Why a text is not shown."""

    version: int
    """Of the word list."""
    term: str
    """As the list has it."""


class WordList(msgspec.Struct, frozen=True, dict=True):
    """A published version; immutable."""

    version: int
    terms: tuple[str, ...]

    def find(self, text: str) -> Hit | None:
        """The first term that a text has, if it has any."""
        for words in _readings(text):
            term = self._first_in(words)
            if term is not None:
                return Hit(self.version, term)
        return None

    def _first_in(self, words: Sequence[str]) -> str | None:
        phrases, beginnings = self._phrases, self._beginnings
        lengths = self._beginning_lengths
        for place, word in enumerate(words):
            for phrase, term in phrases.get(word, ()):
                if tuple(words[place : place + len(phrase)]) == phrase:
                    return term
            for length in lengths:
                if word[:length] in beginnings:
                    return beginnings[word[:length]]
        return None

    @cached_property
    def _phrases(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], str]]]:
        """By their first word."""
        phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for term in self.terms:
            if not term.endswith("*"):
                words = tuple(_words(term))
                phrases.setdefault(words[0], []).append((words, term))
        return phrases

    @cached_property
    def _beginnings(self) -> Mapping[str, str]:
        return {_words(term)[0]: term for term in self.terms if term.endswith("*")}

    @cached_property
    def _beginning_lengths(self) -> Sequence[int]:
        return sorted({len(beginning) for beginning in self._beginnings})


def read_word_list(text: bytes) -> WordListFile:
    """Read and check a word list.

    Raises:
        WordListError: It is not JSON of this form, or a term can never be found.
    """
    try:
        file = msgspec.json.decode(text, type=WordListFile)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WordListError(str(error)) from error
    problems = [*_problems(file.terms)]
    if problems:
        raise WordListError("; ".join(problems))
    return file


def _problems(terms: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for term in terms:
        words = _words(term)
        if not words:
            yield f"{term!r} has no word in it"
        if "*" in term[:-1] or (term.endswith("*") and len(words) != 1):
            yield f"{term!r}: an asterisk ends a single word"
        if term in seen:
            yield f"{term!r} is listed twice"
        seen.add(term)


def _words(text: str) -> list[str]:
    return _WORD.findall(_folded(text))


def _folded(text: str) -> str:
    """The text as a reader sees it, in small Latin letters where it looks like them."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", _NOT_SEEN.sub("", text).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.casefold().translate(_LETTERS)


def _readings(text: str) -> Iterator[Sequence[str]]:
    """The ways in which a text can be read, word by word."""
    folded = _folded(text)
    plain = _WORD.findall(folded)
    yield plain
    signs = plain
    if _SIGN.search(folded) is not None:
        signs = [_unsigned(word) for word in _WORD_OF_SIGNS.findall(folded)]
        yield signs
    for words in (plain,) if signs is plain else (plain, signs):
        joined = list(_spelt_out(words))
        if len(joined) != len(words):
            yield joined
    if _DRAWN_OUT.search(folded) is not None:
        yield [_DRAWN_OUT.sub(r"\1", word) for word in signs]
        yield [_DRAWN_OUT.sub(r"\1\1", word) for word in signs]


def _unsigned(word: str) -> str:
    """A word with digits and signs read as letters; a number stays one."""
    if word.isdecimal() or not any(char.isalpha() for char in word):
        return word
    return word.rstrip("!|").translate(_SIGNS)


def _spelt_out(words: Sequence[str]) -> Iterator[str]:
    """Words, with those put together that were spelt letter by letter."""
    for single, group in groupby(words, key=lambda word: len(word) == 1):
        if single:
            yield "".join(group)
        else:
            yield from group
