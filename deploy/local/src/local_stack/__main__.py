"""`python -m local_stack <command>`: what the Makefile calls."""

import argparse
import signal
import sys
from types import FrameType

from local_stack import servers
from local_stack.problem import LocalProblemError
from local_stack.setup import set_up


def main() -> int:
    """Run one command; a problem that a person can put right is one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m local_stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="fetch what is not a Python package")
    commands.add_parser("keep-test-servers", help="serve tests until nobody is left (background)")
    commands.add_parser("stop-test-servers", help="stop the servers for tests")
    arguments = parser.parse_args()
    # Asked to stop, leave as an error would: what was started is stopped on the way out.
    signal.signal(signal.SIGTERM, _leave)
    try:
        match arguments.command:
            case "setup":
                set_up()
            case "keep-test-servers":
                servers.keep()
            case "stop-test-servers":
                servers.stop()
            case unknown:
                raise AssertionError(unknown)
    except LocalProblemError as problem:
        print(f"{arguments.command}: {problem}", file=sys.stderr)
        return 1
    return 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
