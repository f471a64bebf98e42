"""`python -m payment_sandbox`: run the sandbox, set up by PAYMENT_SANDBOX_* variables."""

import sys
from functools import partial

from pydantic import ValidationError

from chassis import serve
from chassis.telemetry import logs
from payment_sandbox.app import run
from payment_sandbox.settings import Settings


def main() -> int:
    """Run until SIGTERM and give the exit status."""
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue] (filled from the environment)
    except ValidationError as error:
        for fault in error.errors():
            name = "PAYMENT_SANDBOX_" + "_".join(map(str, fault["loc"])).upper()
            print(f"payment sandbox: set {name.removesuffix('_')}: {fault['msg']}", file=sys.stderr)
        return serve.EXIT_MISCONFIGURED
    logs.configure("payment-sandbox", "provider", settings.log_format)
    return serve.run(partial(run, settings))


if __name__ == "__main__":
    sys.exit(main())
