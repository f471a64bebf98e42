"""Locks that processes share."""

import subprocess
import sys
from pathlib import Path

from local_stack.file_lock import FileLock

HOLDER = """
import sys
from pathlib import Path
from local_stack.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_kill_lets_the_lock_go(tmp_path: Path) -> None:
    """Whoever held it: after kill -9 the next one gets it."""
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert not FileLock(path).try_acquire()

        holder.kill()
        holder.wait()

    lock = FileLock(path)
    assert lock.try_acquire()
    lock.release()


def test_shared_holders_keep_out_an_exclusive_one(tmp_path: Path) -> None:
    """Many share the lock; only when the last has let go can one have it alone."""
    first, second, alone = (FileLock(tmp_path / "lock") for _ in range(3))
    first.acquire(shared=True)
    second.acquire(shared=True)

    first.release()
    assert not alone.try_acquire()

    second.release()
    assert alone.try_acquire()
    alone.release()
