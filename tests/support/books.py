"""The invariant checker's verdict on a stack."""

from local_stack import checking
from local_stack.stack import Stack


class Books:
    """What the checker is expected to find in the end."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def check(self) -> None:
        """Run the checker: no invariant may be broken."""
        verdict = checking.check(self._stack.home, self._stack.addresses)
        assert verdict == 0, "the checker found a breach; its table is in the captured output"
