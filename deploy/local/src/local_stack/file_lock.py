"""Locks on files: held by a process, let go by the kernel however the process ends."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """A lock that processes of this machine share. Not re-entrant; not inherited by children."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, *, shared: bool = False) -> None:
        """Wait for the lock; `shared` ones are held by many, but never beside an exclusive one."""
        taken = self._flock(fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        assert taken, "a waiting request only returns when it has the lock"

    def try_acquire(self) -> bool:
        """Take the lock exclusively if nobody has it; says whether it was taken."""
        return self._flock(fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _flock(self, operation: int) -> bool:
        assert self._descriptor is None, f"{self._path} is held already"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let the lock go; nothing happens if it is not held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __enter__(self) -> "FileLock":
        """Wait for the lock exclusively."""
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
