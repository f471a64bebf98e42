"""`python -m local_stack <command>`: what the Makefile calls."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from local_stack.problem import LocalProblemError


def main() -> int:
    """Run one command; a problem that a person can put right is one line and exit code 1."""
    arguments = _parser().parse_args()
    # Asked to stop, leave as an error would: what was started is stopped on the way out.
    signal.signal(signal.SIGTERM, _leave)
    try:
        return _run(arguments)
    except LocalProblemError as problem:
        print(f"{arguments.command}: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="fetch what is not a Python package")
    commands.add_parser("run", help="bring the stack up, play the evening, show what came of it")
    commands.add_parser("stop", help="end the stack of `run`")
    commands.add_parser("check", help="run the invariant checker on the stack of `run`")
    commands.add_parser("daily", help="run the daily job on the stack of `run`")
    commands.add_parser("urls", help="print every address of the stack of `run` as JSON")
    trace = commands.add_parser("trace", help="print one gift's trace")
    trace.add_argument("gift", help="the gift's id")
    token = commands.add_parser("token", help="print a token for the stack of `run`")
    token.add_argument("--subject", required=True)
    token.add_argument("--scope", required=True)
    token.add_argument("--region", default="US")
    token.add_argument("--age-verified", choices=("true", "false"), default="true")
    token.add_argument("--account-kind")
    token.add_argument("--supervised", choices=("true", "false"), default="false")
    token.add_argument("--name", help="what the user is called where gifts are shown")
    token.add_argument("--wards", default="", help="user ids with spaces between them")
    token.add_argument("--ttl-s", type=int)
    commands.add_parser("supervise", help="the background half of `run`")
    reap = commands.add_parser("reap", help="the watchdog of a private stack")
    reap.add_argument("home", type=Path)
    commands.add_parser("keep-test-servers", help="serve tests until nobody is left")
    commands.add_parser("stop-test-servers", help="stop the servers for tests")
    commands.add_parser("build-images", help="build the images of deploy/docker")
    commands.add_parser("test-images", help="play an evening on a stack of those images")
    commands.add_parser("sbom", help="list what is in each image")
    commands.add_parser("audit", help="look for known vulnerabilities in what the locks pin")
    return parser


# Each command imports what it needs, and no more: the supervisor and the keeper stay small for as
# long as they run.
def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "setup":
            from local_stack.setup import set_up

            set_up()
        case "run":
            from local_stack.run import run

            return run()
        case "supervise":
            from local_stack.supervise import supervise

            supervise()
        case "stop":
            from local_stack.supervise import stop

            stop()
        case "check":
            from local_stack.run import check

            return check()
        case "daily":
            from local_stack.run import daily

            return daily()
        case "urls":
            from local_stack.run import show_urls

            show_urls()
        case "trace":
            from local_stack.run import show_trace

            return show_trace(arguments.gift)
        case "token":
            _print_token(arguments)
        case "reap":
            from local_stack.home import Home
            from local_stack.stack import reap

            reap(Home(arguments.home))
        case "keep-test-servers":
            from local_stack.servers import keep

            keep()
        case "stop-test-servers":
            from local_stack.servers import stop as stop_servers

            stop_servers()
        case "build-images":
            from local_stack.images import build

            build()
        case "test-images":
            from local_stack.image_stack import test

            return test()
        case "sbom":
            from local_stack.sbom import write

            write()
        case "audit":
            from local_stack.audit import audit

            return audit()
        case unknown:
            raise AssertionError(unknown)
    return 0


def _print_token(arguments: argparse.Namespace) -> None:
    from chassis.ids import is_user_id
    from local_stack import tokens
    from local_stack.supervise import HOME

    if not is_user_id(arguments.subject):
        raise LocalProblemError('name a user, such as in: make token SUB=alice SCOPE="viewer"')
    ttl_s = arguments.ttl_s
    print(
        tokens.issue(
            HOME,
            arguments.subject,
            arguments.scope,
            region=arguments.region,
            age_verified=arguments.age_verified == "true",
            account_kind=arguments.account_kind,
            supervised=arguments.supervised == "true",
            wards=arguments.wards.split(),
            name=arguments.name,
            ttl_s=tokens.DEFAULT_TTL_S if ttl_s is None else ttl_s,
        )
    )


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
