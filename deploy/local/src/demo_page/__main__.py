"""`python -m demo_page`: serve the page, set up by DEMO_PAGE_* variables."""

import sys
from functools import partial

from pydantic import ValidationError

from chassis import serve
from chassis.telemetry import logs
from demo_page.app import run
from demo_page.settings import Settings


def main() -> int:
    """Run until SIGTERM and give the exit status."""
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue] (filled from the environment)
    except ValidationError as error:
        for fault in error.errors():
            name = "DEMO_PAGE_" + "_".join(map(str, fault["loc"])).upper()
            print(f"demo page: set {name.removesuffix('_')}: {fault['msg']}", file=sys.stderr)
        return serve.EXIT_MISCONFIGURED
    logs.configure("demo-page", "page", settings.log_format)
    return serve.run(partial(run, settings))


if __name__ == "__main__":
    sys.exit(main())
