"""Publish a version of the word list."""

from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from gifts.domain.word_list import WordList, WordListError, WordListFile
from gifts.store import word_list as store


class Published(NamedTuple):
    """A version that counts."""

    words: WordList
    repeated: bool
    """Whether it was published before."""


async def publish_word_list(conn: Conn, file: WordListFile, *, at: datetime) -> Published:
    """Publish a checked word list, once; it counts for whatever is written from then on.

    Publishing the same again changes nothing, so that it may be part of every set-up.

    Args:
        conn: An open transaction; other publishers wait for its end.
        file: From `read_word_list`.
        at: Now.

    Raises:
        WordListError: The version exists with other terms, or is older than the newest one.
    """
    await store.lock_word_lists(conn)
    words = WordList(file.version, file.terms)
    known = await store.find_word_list(conn, words.version)
    if known is not None:
        if known == words:
            return Published(known, repeated=True)
        raise WordListError(
            f"version {words.version} is published with other terms and never changes: "
            "put the change into a new version"
        )
    newer = await store.find_newer(conn, words.version)
    if newer is not None:
        raise WordListError(f"version {newer.version} is published already: go on from there")
    await store.insert_word_list(conn, words, published_at=at)
    return Published(words, repeated=False)
