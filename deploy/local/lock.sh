#!/bin/sh
# Resolves requirements.in again, for every platform and Python >= 3.12, into requirements.lock.
# `sh deploy/local/lock.sh --upgrade` takes the newest versions that requirements.in allows.
set -eu
cd "$(dirname "$0")/../.."
uv=$(command -v uv || echo .local/uv/bin/uv)
UV_SYSTEM_CERTS=1 "$uv" pip compile --quiet --universal --generate-hashes --python-version 3.12 \
    --no-header --no-emit-index-url "$@" requirements.in --output-file requirements.lock
