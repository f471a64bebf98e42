#!/bin/sh
# Makes .venv hold exactly what requirements.lock says, plus our own packages as editable installs;
# then hands over to Python for the parts that are not Python. Quick and silent when nothing changed.
# Needs nothing in the environment but HOME and PATH.
set -eu
cd "$(dirname "$0")/../.."

setup_dir=.local/setup
packages="libs/contracts libs/chassis services/wallet services/gifts services/payouts services/gateway deploy/checker deploy/local deploy/observe deploy/k8s deploy/capacity"
mkdir -p "$setup_dir"

# Two set-ups at once would install over each other. Not every system has flock; those go without.
if [ -z "${LARGESSE_SETUP_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
    LARGESSE_SETUP_LOCKED=1 exec flock "$setup_dir/lock" sh deploy/local/setup.sh
fi

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# The system's certificates, not the tools' own, so that set-up works behind a company's proxy.
export UV_SYSTEM_CERTS=1 NODE_USE_SYSTEM_CA=1 PIP_DISABLE_PIP_VERSION_CHECK=1
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -z "${PIP_CERT:-}" ] && [ -r "$bundle" ]; then export PIP_CERT="$bundle"; fi
done

# Prints "<minor version> <path>" for a released CPython >= 3.12 (with its lock), nothing for others.
probe_python() {
    "$1" -I -c '
import sys, sysconfig
version = sys.version_info
if (
    (3, 12) <= version < (3, 15)
    and version.releaselevel == "final"
    and sys.implementation.name == "cpython"
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
):
    print(version.minor * 1000 + version.micro, sys._base_executable)
' 2>/dev/null || true
}

newest_python() {
    {
        for name in python3.14 python3.13 python3.12 python3 python; do
            probe_python "$name"
        done
        for path in \
            "$HOME"/.pyenv/versions/*/bin/python3 \
            "$HOME"/.local/share/uv/python/*/bin/python3 \
            "$HOME"/.local/share/mise/installs/python/*/bin/python3 \
            "$HOME"/.asdf/installs/python/*/bin/python3 \
            /opt/homebrew/bin/python3 /usr/local/bin/python3 /opt/python/*/bin/python3; do
            if [ -x "$path" ]; then probe_python "$path"; fi
        done
    } | sort -rn | head -n 1 | cut -d ' ' -f 2-
}

# Prints the path of uv: the one on PATH, else one installed here from deploy/local/uv-requirements.txt.
find_uv() {
    if command -v uv; then return; fi
    own="$PWD/.local/uv/bin/uv"
    stamp="$setup_dir/uv.stamp"
    if [ ! -x "$own" ] || ! cmp -s deploy/local/uv-requirements.txt "$stamp"; then
        say "installing uv into .local/uv"
        any_python=$(command -v python3 || command -v python) ||
            fail "no Python and no uv found: install either one, then run make setup again"
        "$any_python" -m venv --clear .local/uv >&2 ||
            fail "$any_python cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv) or uv"
        .local/uv/bin/python -m pip install --quiet --require-hashes --only-binary :all: \
            --requirement deploy/local/uv-requirements.txt >&2 || fail "uv could not be installed; see pip's message above"
        cp deploy/local/uv-requirements.txt "$stamp"
    fi
    echo "$own"
}

python_state() {
    for package in $packages; do echo "$package/pyproject.toml"; done |
        xargs cksum requirements.lock deploy/local/uv-requirements.txt deploy/local/setup.sh
    pwd -P
}

install_python_packages() {
    state=$(python_state)
    if [ -x .venv/bin/python ] && [ "$state" = "$(cat "$setup_dir/python.stamp" 2>/dev/null)" ]; then return; fi
    rm -f "$setup_dir/python.stamp"
    uv=$(find_uv)
    if [ -z "$(probe_python .venv/bin/python)" ]; then
        python=$(newest_python)
        say "creating .venv with ${python:-a Python that uv fetches}"
        "$uv" venv --quiet --clear --python "${python:->=3.12,<3.15}" .venv ||
            fail "no Python 3.12 or newer found and uv could not fetch one: install Python 3.12+ (python.org, pyenv, your system's packages)"
    fi
    say "installing Python packages into .venv"
    "$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
    editables=""
    for package in $packages; do editables="$editables --editable $package"; done
    # Without isolation the build backend comes from the lock, too.
    # shellcheck disable=SC2086
    "$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation $editables
    echo "$state" >"$setup_dir/python.stamp"
}

install_python_packages
exec .venv/bin/python -m local_stack setup
