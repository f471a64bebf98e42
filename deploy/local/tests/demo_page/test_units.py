"""The page's own tests, of what it computes: Node runs them."""

import subprocess
from pathlib import Path

import pytest

from local_stack import paths

TESTS = sorted((paths.PAGE_SOURCE / "tests").glob("*.test.ts"))


def test_there_are_some() -> None:
    assert {file.name for file in TESTS} >= {"frames.test.ts", "documents.test.ts"}


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_units(file: Path) -> None:
    done = subprocess.run(
        [str(paths.node()), "--test", str(file)],
        cwd=paths.PAGE_SOURCE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "ℹ pass 0" not in done.stdout
