"""`python -m sandbox_bank`: run the bank, set up by SANDBOX_BANK_* variables."""

import sys
from functools import partial

from pydantic import ValidationError

from chassis import serve
from chassis.telemetry import logs
from sandbox_bank.app import run
from sandbox_bank.settings import Settings


def main() -> int:
    """Run until SIGTERM and give the exit status."""
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue] (filled from the environment)
    except ValidationError as error:
        for fault in error.errors():
            name = "SANDBOX_BANK_" + "_".join(map(str, fault["loc"])).upper()
            print(f"sandbox bank: set {name.removesuffix('_')}: {fault['msg']}", file=sys.stderr)
        return serve.EXIT_MISCONFIGURED
    logs.configure("sandbox-bank", "rail", settings.log_format)
    return serve.run(partial(run, settings))


if __name__ == "__main__":
    sys.exit(main())
