"""Ends processes of ours at named steps: see `at_start/sitecustomize.py`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from chassis.testing.eventually import eventually

type Signal = Literal["SIGKILL", "SIGSTOP"]


class CrashPoints:
    """Arms steps of the processes of one stack, while it runs."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where processes look for what is armed."""
        self._folder = folder

    @property
    def settings(self) -> dict[str, str]:
        """What the stack has to tell its processes."""
        return {
            "PYTHONPATH": str(Path(__file__).with_name("at_start")),
            "CRASH_POINTS": str(self._folder),
        }

    def arm(self, process: str, step: str, signal: Signal = "SIGKILL") -> None:
        """Send `signal` to the process when it next comes to the step, once."""
        self._reached(process).unlink(missing_ok=True)
        # Renamed into place, so that nobody reads half of it.
        draft = self._folder / f"{process}.draft"
        draft.write_text(f"{step} {signal}")
        draft.replace(self._armed(process))

    def disarm(self) -> None:
        """Forget everything that was armed and not reached."""
        for file in self._folder.iterdir():
            file.unlink(missing_ok=True)

    async def reached(self, processes: Iterable[str], *, within_s: float = 30) -> None:
        """Wait until each of the processes has come to its step.

        Raises:
            TimeoutError: One did not; the message names those that did not.
        """
        wanted = set(processes)

        async def missing() -> set[str]:
            return {process for process in wanted if not self._reached(process).exists()}

        await eventually(missing, until=lambda missing: not missing, within_s=within_s)

    def _armed(self, process: str) -> Path:
        return self._folder / process

    def _reached(self, process: str) -> Path:
        return self._folder / f"{process}.reached"
