"""Nothing here starts a stack for a browser that is not there."""

from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser

from support.browsing import a_browser, find_browser


@pytest.fixture(scope="session", autouse=True)
def browser_path() -> str:
    """Before all else: where there is no browser, tests are skipped, or fail if it was named."""
    return find_browser()


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    """For one test."""
    async with a_browser() as browser:
        yield browser
