"""Every module here ends with the books being checked."""

import asyncio
from collections.abc import Generator

import pytest

from local_stack.stack import Stack
from support.books import Books
from support.state import Observer


@pytest.fixture(scope="module", autouse=True)
def books(stack: Stack) -> Generator[Books]:
    """The checker finds the books clean when the module is through.

    A module that plants records which nobody can read says so with `expect_dead_letters`.
    """
    books = Books(stack)
    yield books
    asyncio.run(Observer(stack).rest())
    books.check()
