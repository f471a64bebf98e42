"""`python -m demo_page`: serve the page, set up by DEMO_PAGE_* variables."""

import sys

from demo_page.app import run
from demo_page.settings import Settings
from local_stack.entry import serve_process


def main() -> int:
    """Run until SIGTERM and give the exit status."""
    return serve_process(Settings, run, name="demo-page", role="page")


if __name__ == "__main__":
    sys.exit(main())
