"""The log of the stack's PostgreSQL is archived, and every module ends with the books checked."""

import asyncio
from collections.abc import Generator

import pytest

from local_stack.stack import Stack
from support.backups import Backups
from support.books import Books


@pytest.fixture(scope="module")
def backups(stack: Stack) -> Generator[Backups]:
    """Archives from here to the end of the module."""
    backups = Backups(stack, stack.home.path / "backups")
    asyncio.run(backups.begin())
    yield backups
    asyncio.run(backups.end())


@pytest.fixture(scope="module", autouse=True)
def clean_books(books: Books) -> Generator[None]:
    """The checker finds the books clean when the module is through."""
    yield
    asyncio.run(books.assert_clean())
