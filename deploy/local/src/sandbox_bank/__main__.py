"""`python -m sandbox_bank`: run the bank, set up by SANDBOX_BANK_* variables."""

import sys

from local_stack.entry import serve_process
from sandbox_bank.app import run
from sandbox_bank.settings import Settings


def main() -> int:
    """Run until SIGTERM and give the exit status."""
    return serve_process(Settings, run, name="sandbox-bank", role="rail")


if __name__ == "__main__":
    sys.exit(main())
