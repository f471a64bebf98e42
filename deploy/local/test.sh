#!/bin/sh
# Runs every test and leaves no process behind, whether they pass or not. One worker has the tests
# on the whole stack, which wait most of the time, so that three keep two processors busy; another
# begins with those that start a part of one. The largest groups go first.
set -eu
cd "$(dirname "$0")/../.."
stop_servers() { .venv/bin/python -m local_stack stop-test-servers; }
trap stop_servers EXIT
.venv/bin/python -m pytest -n 3 --dist loadgroup "$@"
