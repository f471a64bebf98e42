"""Lanes without a broker, for tests and benchmarks that hand records over themselves."""

from chassis.consuming.lane import Lane
from chassis.kafka import ConsumerRecord, Headers, RawRecord, TopicPartition


class _NoBroker:
    """Stands where a lane tells Kafka's client to go on or to wait."""

    def resume(self, partition: TopicPartition) -> None:
        """Nothing fetches."""

    def pause(self, partition: TopicPartition) -> None:
        """Nothing fetches."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Nothing fetches."""


def unbrokered_lane() -> Lane:
    """A lane that holds what is put into it."""
    return Lane(_NoBroker())


def a_record(
    topic: str,
    partition: int,
    offset: int,
    *,
    key: bytes,
    value: bytes | None,
    headers: Headers,
) -> RawRecord:
    """A record as the relay would have published it and the client fetched it."""
    return ConsumerRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=len(key),
        serialized_value_size=len(value or b""),
        headers=headers,
    )
