"""Words that are not shown, however they are written, and words that look like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifts.data import first_word_list
from gifts.domain.word_list import Hit, WordList, WordListError, read_word_list

WORDS = WordList(3, ("idiot", "go away", "ass", "damn*", "crème", "asshat"))
FIRST = WordList(1, read_word_list(first_word_list()).terms)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("You idiot!", "idiot"),
        ("IDIOT", "idiot"),
        ("ｉｄｉｏｔ", "idiot"),
        ("ìdïót", "idiot"),
        ("i\u200bd\u00adiot", "idiot"),
        ("\u0456di\u043et", "idiot"),
        ("1d10t", "idiot"),
        ("!diot", "idiot"),
        ("idiot!!!", "idiot"),
        ("iiiidiottttt", "idiot"),
        ("i d i o t", "idiot"),
        ("i.d.i.o.t", "idiot"),
        ("that_idiot_there", "idiot"),
        ("@$$", None),
        ("@ss", "ass"),
        ("a55", "ass"),
        ("assss", "ass"),
        ("Go,  AWAY", "go away"),
        ("damnation", "damn*"),
        ("creme", "crème"),
        ("an asshat", "asshat"),
        ("a55hat", "asshat"),
    ],
)
def test_terms_are_found_as_a_reader_sees_them(text: str, term: str | None) -> None:
    """Case, width, accents, invisible characters, lookalikes, digits, drawn out or spelt out."""
    assert WORDS.find(text) == (None if term is None else Hit(3, term))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👏👏👏",
        "A classic assassin's passage",
        "455 coins, 1 of 100",
        "go far away",
        "idiotic",
        "go",
        "a mad name",
        "@star you are great!!!",
        "Scunthorpe 2026",
    ],
)
def test_words_that_only_contain_a_term_are_none(text: str) -> None:
    """Nobody loses a message to the letters inside a harmless word."""
    assert WORDS.find(text) is None
    assert FIRST.find(text) is None


def test_the_first_list_finds_its_terms() -> None:
    """Each, as it is written in the file."""
    for term in FIRST.terms:
        assert FIRST.find(f"so, {term.rstrip('*')}!") is not None, term


@given(st.text(max_size=400))
def test_any_text_is_judged(text: str) -> None:
    """Whatever Unicode has; and what has a term by itself has it among other words."""
    assert (WORDS.find(text) is None) or WORDS.find(f"{text} and more") is not None


@given(st.sampled_from(["idiot", "asshat"]), st.data())
def test_any_mix_of_disguises_is_found(term: str, data: st.DataObject) -> None:
    """Letter by letter another one."""
    looks = {"i": "iI1!í\u0456", "d": "dD\u0501", "o": "oO0ö\u043e", "t": "tT7\u0442", "a": "aA4@ä"}
    looks |= {"s": "sS5$\u0455", "h": "hH\u04bb"}
    spelt = "".join(
        data.draw(st.sampled_from(looks[letter])) + data.draw(st.sampled_from(["", "", "\u200d"]))
        for letter in term
    )
    # A word in which no letter is left is a number, or no word.
    if any(char.isalpha() for char in spelt) and not spelt.rstrip("\u200d").endswith("!"):
        assert WORDS.find(f"Hello {spelt}, bye") == Hit(3, term)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"{}", "version"),
        (b"\xff", "malformed"),
        (b'{"version": 1, "terms": ["a"], "more": 1}', "more"),
        (b'{"version": 1, "terms": ["a", "a"]}', "listed twice"),
        (b'{"version": 1, "terms": ["!?"]}', "no word"),
        (b'{"version": 1, "terms": ["*"]}', "no word"),
        (b'{"version": 1, "terms": ["a b*"]}', "asterisk"),
        (b'{"version": 1, "terms": ["a*b"]}', "asterisk"),
        (b'{"version": 0, "terms": []}', "version"),
    ],
)
def test_what_can_never_be_found_is_not_published(text: bytes, problem: str) -> None:
    """The author is told what to mend."""
    with pytest.raises(WordListError, match=problem):
        read_word_list(text)


def test_an_empty_list_finds_nothing() -> None:
    """A way to switch it off."""
    assert WordList(1, read_word_list(b'{"version": 1, "terms": []}').terms).find("idiot") is None
