"""`python -m payment_sandbox`: run the sandbox, set up by PAYMENT_SANDBOX_* variables."""

import sys

from local_stack.entry import serve_process
from payment_sandbox.app import run
from payment_sandbox.settings import Settings


def main() -> int:
    """Run until SIGTERM and give the exit status."""
    return serve_process(Settings, run, name="payment-sandbox", role="provider")


if __name__ == "__main__":
    sys.exit(main())
