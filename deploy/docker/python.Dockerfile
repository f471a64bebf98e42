# A Python program of ours: only it, the chassis, the contracts and what they need of the lock.
#
#   docker build --file deploy/docker/python.Dockerfile --build-arg SERVICE=services/wallet .
#   docker run largesse-wallet wallet api|worker|migrate|seed
#
# Addresses of package registries come by the secrets of with_registries.sh.
ARG PYTHON_IMAGE=python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never PYTHONDONTWRITEBYTECODE=1
COPY deploy/docker/with_registries.sh deploy/docker/select_requirements.py deploy/local/uv-requirements.txt requirements.lock ./
# The tools of the build: uv, and the build backend of our packages.
RUN --mount=type=secret,id=registries --mount=type=secret,id=ca-certificates \
    --mount=type=cache,target=/root/.cache \
    python -m venv /tools \
    && python select_requirements.py requirements.lock uv-build >tools.txt \
    && sh with_registries.sh /tools/bin/python -m pip install --quiet --require-hashes --only-binary :all: \
        --requirement uv-requirements.txt --requirement tools.txt

# The folder of the program, and what it can do without: programs that only a developer's machine runs.
ARG SERVICE
ARG WITHOUT=""
COPY libs/contracts/pyproject.toml libs/contracts/
COPY libs/chassis/pyproject.toml libs/chassis/
COPY ${SERVICE}/pyproject.toml service/
RUN --mount=type=secret,id=registries --mount=type=secret,id=ca-certificates \
    --mount=type=cache,target=/root/.cache \
    python -m venv --without-pip /app \
    && python select_requirements.py requirements.lock libs/contracts/pyproject.toml \
        libs/chassis/pyproject.toml service/pyproject.toml --without ${WITHOUT} >requirements.txt \
    && sh with_registries.sh /tools/bin/uv pip sync --quiet --python /app/bin/python --require-hashes \
        --only-binary :all: requirements.txt

COPY libs/contracts/src libs/contracts/src
COPY libs/chassis/src libs/chassis/src
COPY ${SERVICE}/src service/src
# Bytecode is compiled here, of the standard library too (the official image has none), since the file
# system is read-only later. It lies apart, where PYTHONPYCACHEPREFIX says.
RUN for package in libs/contracts libs/chassis service; do \
        /tools/bin/uv build --quiet --wheel --no-build-isolation --python /tools/bin/python \
            --out-dir wheels "$package" || exit 1; \
    done \
    && /tools/bin/uv pip install --quiet --python /app/bin/python --no-deps --no-index wheels/*.whl \
    && PYTHONPYCACHEPREFIX=/app/bytecode PYTHONDONTWRITEBYTECODE= /app/bin/python -m compileall -q \
        --invalidation-mode unchecked-hash -x '/(test|tests|idlelib|tkinter|turtledemo|ensurepip|site-packages/pip)/' \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" /app/lib \
    && rm -f /app/.lock /app/.gitignore

FROM ${PYTHON_IMAGE}
COPY --from=build /app /app
WORKDIR /app
# A user without an entry anywhere; its number is what Kubernetes checks.
USER 10001:10001
ENV HOME=/app PYTHONDONTWRITEBYTECODE=1 PYTHONPYCACHEPREFIX=/app/bytecode PYTHONUNBUFFERED=1
ENTRYPOINT ["/app/bin/python", "-m"]

ARG PYTHON_IMAGE
ARG TITLE=""
ARG VERSION=""
ARG REVISION=""
ARG CREATED=""
LABEL org.opencontainers.image.title="${TITLE}" \
    org.opencontainers.image.description="A part of Largesse, the back end of a live-gifting coin economy" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.created="${CREATED}" \
    org.opencontainers.image.base.name="${PYTHON_IMAGE}"
