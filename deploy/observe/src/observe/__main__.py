"""`python -m observe <command>`: what the Makefile calls."""

import argparse
import signal
import sys
from types import FrameType

from local_stack.problem import LocalProblemError
from observe import checks, dashboards, metrics, server


def main() -> int:
    """Run one command; a problem that a person can put right is one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m observe")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("write", help="write the list of metrics and the dashboards anew")
    commands.add_parser("test-rules", help="have promtool check and test the rules")
    commands.add_parser("test-collector", help="have the collector judge its configuration")
    commands.add_parser("run", help="watch the stack of `make run` with Prometheus and Grafana")
    command = parser.parse_args().command
    signal.signal(signal.SIGTERM, _leave)
    try:
        match command:
            case "write":
                metrics.write()
                dashboards.write()
                return 0
            case "test-rules":
                return checks.check_rules()
            case "test-collector":
                return checks.check_collector()
            case "run":
                return server.observe()
            case unknown:
                raise AssertionError(unknown)
    except LocalProblemError as problem:
        print(f"{command}: {problem}", file=sys.stderr)
        return 1


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
