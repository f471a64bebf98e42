"""Records wait in order and without gap, whatever order fetches and seeks come in."""

from types import SimpleNamespace
from typing import Any

from chassis.consuming.lane import BUFFERED_MAX, Lane
from chassis.kafka import TopicPartition

ONE = TopicPartition("topic", 1)
TWO = TopicPartition("topic", 2)


class Seeks:
    """A source that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int | None]] = []

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.told.append(("seek", partition.partition, offset))

    def pause(self, partition: TopicPartition) -> None:
        self.told.append(("pause", partition.partition, None))

    def resume(self, partition: TopicPartition) -> None:
        self.told.append(("resume", partition.partition, None))


def records(partition: TopicPartition, offsets: range) -> list[Any]:
    return [SimpleNamespace(partition=partition.partition, offset=offset) for offset in offsets]


def taken(lane: Lane, records_max: int = 1_000) -> list[tuple[int, int]]:
    return [(record.partition, record.offset) for record in lane.take(records_max)]


def test_records_are_given_once_and_in_order() -> None:
    """A fetch that began before a seek may give records twice: the second time they are dropped."""
    lane = Lane(Seeks())
    lane.reset({ONE: 5})
    lane.put(ONE, records(ONE, range(3, 8)))
    lane.put(ONE, records(ONE, range(5, 10)))

    assert taken(lane) == [(1, offset) for offset in range(5, 10)]


def test_gap_is_read_again_before_it_is_believed() -> None:
    """Records behind a gap are not applied: the ones between would be lost for ever."""
    lane = Lane(source := Seeks())
    lane.reset({ONE: 0})
    source.told.clear()
    lane.put(ONE, records(ONE, range(4, 8)))

    assert taken(lane) == []
    assert source.told == [("seek", 1, 0)]
    lane.put(ONE, records(ONE, range(8)))
    assert taken(lane) == [(1, offset) for offset in range(8)]


def test_gap_that_the_broker_confirms_is_passed() -> None:
    """Retention has removed the records: the same first offset comes again, and work goes on."""
    lane = Lane(Seeks())
    lane.reset({ONE: 0})
    lane.put(ONE, records(ONE, range(4, 8)))
    lane.put(ONE, records(ONE, range(4, 8)))

    assert taken(lane) == [(1, offset) for offset in range(4, 8)]


def test_full_partition_is_paused_until_half_is_gone() -> None:
    """What waits stays bounded while the database is away."""
    lane = Lane(source := Seeks())
    lane.reset({ONE: 0})
    source.told.clear()
    lane.put(ONE, records(ONE, range(BUFFERED_MAX)))
    assert source.told == [("pause", 1, None)]

    lane.take(BUFFERED_MAX // 2)
    assert source.told == [("pause", 1, None)]
    lane.take(1)
    assert source.told == [("pause", 1, None), ("resume", 1, None)]


def test_busy_partition_starves_no_other() -> None:
    """Two partitions that always have a whole batch waiting take turns."""
    lane = Lane(Seeks())
    lane.reset({ONE: 0, TWO: 0})
    lane.put(ONE, records(ONE, range(100)))
    lane.put(TWO, records(TWO, range(100)))

    assert {partition for partition, _ in [*taken(lane, 10), *taken(lane, 10)]} == {1, 2}


def test_records_of_a_lost_partition_are_dropped() -> None:
    """A fetch that was under way while the partition went to another owner."""
    lane = Lane(Seeks())
    lane.reset({ONE: 0})
    lane.reset({})
    lane.put(ONE, records(ONE, range(3)))

    assert lane.waiting() == 0
