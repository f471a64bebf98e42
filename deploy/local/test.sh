#!/bin/sh
# Runs every test, two at a time, and leaves no process behind, whether they pass or not.
set -eu
cd "$(dirname "$0")/../.."
stop_servers() { .venv/bin/python -m local_stack stop-test-servers; }
trap stop_servers EXIT
.venv/bin/python -m pytest -n 2 --dist loadgroup "$@"
