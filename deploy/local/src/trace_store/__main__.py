"""The trace store: `serve` takes spans in and shows them; `show` prints one trace.

python -m trace_store serve                          set up by TRACE_STORE_* variables
python -m trace_store show GIFT-OR-TRACE-ID [--url http://127.0.0.1:4300]
"""

import argparse
import sys

import httpx

from local_stack.entry import serve_process
from trace_store import tree
from trace_store.app import run
from trace_store.settings import Settings


def main() -> int:
    """Run the command and give the exit status."""
    parser = argparse.ArgumentParser(
        prog="trace_store", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the store")
    show = commands.add_parser("show", help="print a trace as a tree")
    show.add_argument("id", help="a gift's id or a trace's")
    show.add_argument("--url", default="http://127.0.0.1:4300", help="where the store runs")
    arguments = parser.parse_args()
    if arguments.command == "serve":
        return serve_store()
    return show_traces(arguments.id, arguments.url)


def serve_store() -> int:
    """Run the store until SIGTERM."""
    return serve_process(Settings, run, name="trace-store", role="store")


def show_traces(wanted: str, url: str) -> int:
    """Print every trace of a gift, or the one with the trace id given; the oldest first."""
    try:
        with httpx.Client(base_url=url, timeout=10, trust_env=False) as client:
            found = client.get("/api/traces", params={"id": wanted}).raise_for_status().json()
            traces = [
                client.get(f"/api/traces/{each['trace_id']}").raise_for_status().json()
                for each in reversed(found["traces"])
            ]
    except httpx.HTTPError as error:
        print(f"show: the trace store at {url} does not answer: {error}", file=sys.stderr)
        return 1
    if not traces:
        print(f"show: no trace of {wanted}: it may take 2 s to arrive", file=sys.stderr)
        return 1
    print("\n\n".join(map(tree.render, traces)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
