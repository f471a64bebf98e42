"""A folder for a stack that a test has alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.home import Home
from local_stack.processes import end, living


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """The folder of a stack; whatever a failed test left running there is ended."""
    home = Home(tmp_path / "stack")
    yield home
    end(living(home), grace_s=1)
