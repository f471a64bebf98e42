#!/bin/sh
# Runs a command with what the builder is told of package registries, by two optional secrets of the
# build, so that neither an address nor a password is ever in a layer:
#   registries       lines NAME=value of the environment, such as PIP_INDEX_URL or npm_config_registry
#   ca-certificates  the certificates to trust, where a proxy signs with its own
set -eu
if [ -r /run/secrets/registries ]; then
    set -a
    # shellcheck disable=SC1091
    . /run/secrets/registries
    set +a
fi
if [ -r /run/secrets/ca-certificates ]; then
    export PIP_CERT=/run/secrets/ca-certificates SSL_CERT_FILE=/run/secrets/ca-certificates \
        NODE_EXTRA_CA_CERTS=/run/secrets/ca-certificates
fi
exec "$@"
