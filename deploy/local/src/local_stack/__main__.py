"""`python -m local_stack <command>`: what the Makefile calls."""

import argparse
import sys

from local_stack.problem import LocalProblem
from local_stack.setup import set_up


def main() -> int:
    """Run one command; a problem that a person can put right is one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m local_stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="fetch what is not a Python package")
    arguments = parser.parse_args()
    try:
        match arguments.command:
            case "setup":
                set_up()
    except LocalProblem as problem:
        print(f"{arguments.command}: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
