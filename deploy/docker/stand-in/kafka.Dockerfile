# Stands in for Apache Kafka's official image: see build.sh. Takes the same KAFKA_ variables.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY java-runtime /opt/java
COPY jars /opt/kafka/libs
COPY kafka.sh /opt/kafka/bin/run.sh
# Kafka's own tool is in a module that the local stack has no use for.
COPY broker_api_versions.py /opt/kafka/bin/kafka-broker-api-versions.sh
RUN chmod +x /opt/kafka/bin/* \
    && groupadd --gid 1000 appuser && useradd --uid 1000 --gid 1000 --no-create-home appuser \
    && mkdir -p /var/lib/kafka/data && chown 1000:1000 /var/lib/kafka/data
ENV PATH=/opt/java/bin:/usr/local/bin:/usr/bin:/bin
USER 1000:1000
VOLUME /var/lib/kafka/data
EXPOSE 9092
ENTRYPOINT ["/opt/kafka/bin/run.sh"]
