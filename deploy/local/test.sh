#!/bin/sh
# Runs every test and leaves no process behind, whether they pass or not. One worker has the tests
# that start stacks, which wait most of the time, so that three keep two processors busy.
set -eu
cd "$(dirname "$0")/../.."
stop_servers() { .venv/bin/python -m local_stack stop-test-servers; }
trap stop_servers EXIT
.venv/bin/python -m pytest -n 3 --dist loadgroup "$@"
