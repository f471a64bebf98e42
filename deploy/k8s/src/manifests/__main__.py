"""`python -m manifests COMMAND`: check, render OVERLAY, generate, secrets, try."""

import argparse
import sys

from local_stack.problem import LocalProblemError
from manifests.problem import ManifestError


def main() -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="manifests", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="render every overlay and say what is wrong with it")
    render = commands.add_parser("render", help="print an overlay as it would be applied")
    render.add_argument("overlay")
    commands.add_parser("generate", help="write what is made from other files of the repository")
    commands.add_parser("secrets", help="make the kind overlay's keys and passwords")
    commands.add_parser("try", help="run the kind overlay on the cluster of KUBECONFIG")
    arguments = parser.parse_args()
    try:
        return _run(arguments)
    except (ManifestError, LocalProblemError) as error:
        print(f"manifests: {error}", file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    from manifests.kind_secrets import write_secrets

    write_secrets()
    match arguments.command:
        case "check":
            from manifests.check import check

            return check()
        case "render":
            from manifests.objects import render

            print(render(arguments.overlay), end="")
        case "generate":
            from manifests.generated import write

            for path in write():
                print(f"written: {path}")
        case "secrets":
            pass
        case "try":
            from manifests.cluster.trial import run_trial

            return run_trial()
        case unknown:
            raise AssertionError(unknown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
