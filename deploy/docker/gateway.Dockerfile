# The gateway's federation engine. The live hub is a Python program: see python.Dockerfile.
#
#   docker build --file deploy/docker/gateway.Dockerfile .
#
# Addresses of package registries come by the secrets of with_registries.sh.
ARG NODE_IMAGE=node:24.19.0-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY deploy/docker/with_registries.sh /build/
COPY services/gateway/package.json services/gateway/package-lock.json ./
RUN --mount=type=secret,id=registries --mount=type=secret,id=ca-certificates \
    --mount=type=cache,target=/root/.npm \
    sh /build/with_registries.sh npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY services/gateway/federation federation
COPY services/gateway/supergraph.graphql ./
# Compiled code is kept per version of Node and per user, so it is made by the one who will read it.
RUN mkdir compiled && chown 10001:10001 compiled
USER 10001:10001
RUN NODE_COMPILE_CACHE=/app/compiled HOME=/tmp node --input-type=module \
    --eval "await import('/app/federation/gateway.ts')"

FROM ${NODE_IMAGE}
COPY --from=build /app /app
WORKDIR /app
# A user without an entry anywhere; its number is what Kubernetes checks.
USER 10001:10001
ENV HOME=/app NODE_ENV=production NODE_COMPILE_CACHE=/app/compiled
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["federation/start.ts"]

ARG NODE_IMAGE
ARG TITLE=""
ARG VERSION=""
ARG REVISION=""
ARG CREATED=""
LABEL org.opencontainers.image.title="${TITLE}" \
    org.opencontainers.image.description="A part of Largesse, the back end of a live-gifting coin economy" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.created="${CREATED}" \
    org.opencontainers.image.base.name="${NODE_IMAGE}"
