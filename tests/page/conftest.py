"""Nothing here starts a stack for a browser that is not there."""

import pytest

from support.browsing import find_browser


@pytest.fixture(scope="session", autouse=True)
def browser_path() -> str:
    """Before all else: where there is no browser, tests are skipped, or fail if it was named."""
    return find_browser()
