#!/bin/sh
# The part of the official image's scripts that Largesse's files use.
set -eu
java_of() {
    main=$1
    shift
    # shellcheck disable=SC2086 - several words are meant
    exec java ${KAFKA_HEAP_OPTS:--Xmx256m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn --sun-misc-unsafe-memory-access=allow \
        -cp '/opt/kafka/libs/*' "$main" "$@"
}
configuration=$(mktemp)
# KAFKA_LOG_DIRS is log.dirs.
env | grep '^KAFKA_[A-Z0-9_]*=' | grep -Ev '^KAFKA_(HEAP_OPTS|OPTS|VERSION)=' | while IFS= read -r line; do
    name=$(printf %s "${line%%=*}" | cut -c 7- | tr 'A-Z_' 'a-z.')
    printf '%s=%s\n' "$name" "${line#*=}"
done >"$configuration"
# As the official image has it, a broker that is not told otherwise is one of a cluster of this id.
(java_of kafka.tools.StorageTool format --ignore-formatted -t "${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}" -c "$configuration")
java_of kafka.Kafka "$configuration"
