"""What the processes of a stack have logged since a test began."""

from chassis.testing.eventually import eventually
from local_stack.stack import Stack


class Logs:
    """Remembers how long each log was, so that what earlier tests caused is not seen."""

    def __init__(self, stack: Stack) -> None:
        self._home = stack.home
        self._sizes = {name: len(self._read(name)) for name in stack.running()}

    def _read(self, process: str) -> str:
        log = self._home.log(process)
        return log.read_text() if log.exists() else ""

    def since(self, process: str) -> str:
        """What the process has printed since."""
        return self._read(process)[self._sizes.get(process, 0) :]

    async def said(self, *words: str, by: str, within_s: float = 20) -> None:
        """Wait until one of a process's lines holds one of the words.

        Raises:
            TimeoutError: None did.
        """

        async def line() -> str | None:
            lines = self.since(by).splitlines()
            return next((each for each in lines if any(word in each for word in words)), None)

        await eventually(line, within_s=within_s, every_s=0.2)
