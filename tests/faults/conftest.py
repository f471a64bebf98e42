"""Every module here ends with the books being checked."""

import asyncio
from collections.abc import Generator

import pytest

from support.books import Books


@pytest.fixture(scope="module", autouse=True)
def clean_books(books: Books) -> Generator[None]:
    """The checker finds the books clean when the module is through."""
    yield
    asyncio.run(books.assert_clean())
