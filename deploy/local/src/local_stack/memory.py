"""Folders in memory, for files that nobody misses once the machine is off.

A database per test is some hundred files made and deleted: on a disk that costs five times what it
costs in memory.
"""

import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_FREE_BYTES_MIN = 4 * 1024**3


def link(place: Path) -> None:
    """Let `place` be a new, empty folder in memory; on the disk where there is too little of it."""
    unlink(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _FREE_BYTES_MIN:
        folder = Path(tempfile.mkdtemp(prefix="largesse-", dir=_MEMORY))
        # Servers that run as another user pass through.
        folder.chmod(0o755)
        place.symlink_to(folder)
    else:
        place.mkdir()


def unlink(place: Path) -> None:
    """Delete what `link` made, wherever it lies."""
    shutil.rmtree(place.resolve(), ignore_errors=True)
    place.unlink(missing_ok=True)
