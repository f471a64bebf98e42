"""What no tracked file may hold, and what none may grow to."""

import re
from pathlib import Path

from support.source import REPOSITORY, modules, tracked_files

# Pieces, so that this file does not hold what it forbids.
_REGISTRIES = re.compile(
    r"\b(?:"
    + r"pypi|pythonhosted|npmjs|yarnpkg|repo1?\.maven|registry-1\.docker|crates|rubygems"
    + r")\.(?:org|com|io|apache|python)\b"
)
_RESOLVED = re.compile(r'"resolved"\s*:\s*"https?:')
_LINES_MAX = 400


def _text(path: Path) -> str | None:
    """The text of a file; None where it holds none."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return None


def test_no_file_names_a_registry() -> None:
    """Packages come from wherever the machine is told to look: an index, a mirror, a proxy."""
    naming = [
        f"{path.relative_to(REPOSITORY)}: {found.group()}"
        for path in tracked_files()
        if (text := _text(path)) is not None
        for found in [_REGISTRIES.search(text) or _RESOLVED.search(text)]
        if found is not None
    ]
    assert naming == []


def test_locks_are_hashed() -> None:
    """What is installed is what was looked at when the lock was made."""
    lock = (REPOSITORY / "requirements.lock").read_text()
    pinned = re.findall(r"^[a-z0-9][^ ]*==[^ ]+", lock, re.MULTILINE)
    hashed = re.findall(
        r"^[a-z0-9][^ ]*==[^\n]*\\\n(?:[ ]+--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+",
        lock,
        re.MULTILINE,
    )
    assert len(pinned) > 50
    assert len(hashed) == len(pinned)


def test_modules_stay_small() -> None:
    """A module that grows past this has two subjects."""
    large = [
        f"{module.place}: {lines} lines"
        for module in (*modules(), *modules(deployed=True))
        if (lines := len(module.path.read_text().splitlines())) > _LINES_MAX
    ]
    assert large == []
