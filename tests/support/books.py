"""The invariant checker's verdict on a stack."""

from checker import Addresses, check
from local_stack.databases import SERVICES
from local_stack.stack import Stack


class Books:
    """What the checker is expected to find in a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._dead_letters = 0

    def expect_dead_letters(self, count: int) -> None:
        """So many records more were planted that nobody can apply."""
        self._dead_letters += count

    async def assert_clean(self) -> None:
        """Every invariant holds, and no record was set aside but those planted."""
        addresses = self._stack.addresses
        dsns = {service: addresses.auditor_dsn(self._stack.home, service) for service in SERVICES}
        report = await check(
            Addresses(**dsns, kafka=addresses.kafka_servers, topic_prefix=addresses.prefix),
            wait_drained_s=60,
            allow_dead_letters=self._dead_letters,
        )
        assert report.clean, report.in_words()
