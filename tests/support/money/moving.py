"""Rules of what lies between services: when each hears of what, how often, and who dies."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from support.money.bus import PARTITIONS
from support.money.following import Following
from support.money.shop import SERVICES

WHICH, COUNT = st.integers(0, 4), st.integers(1, 4)


class Moving(Following):
    """Deliveries in any order that Kafka could make of them, late, twice, and to new workers."""

    @rule(service=st.sampled_from(SERVICES))
    def publish(self, service: str) -> None:
        self.run(self.bus.publish(service))

    @rule(service=st.sampled_from(SERVICES), count=COUNT)
    def publish_again(self, service: str, count: int) -> None:
        self.bus.publish_again(service, count)

    @rule(which=WHICH, partition=st.integers(0, PARTITIONS - 1), count=COUNT)
    def deliver(self, which: int, partition: int, count: int) -> None:
        self.take_in(self.bus.consumers[which], partition, count)

    @rule(which=WHICH)
    def restart(self, which: int) -> None:
        self.bus.consumers[which].restart()

    @rule(which=WHICH)
    def come_back_from_the_dead(self, which: int) -> None:
        self.run(self.bus.consumers[which].zombie())

    @rule()
    def let_all_arrive(self) -> None:
        """Everything that is under way, as on a quiet evening."""
        self.take_all_in()

    @rule(days=st.sampled_from([1, 5, 9]))
    def wait(self, days: int) -> None:
        self.pass_time(timedelta(days=days))
