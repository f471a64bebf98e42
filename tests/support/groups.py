"""What Kafka believes that a consumer group has read."""
# aiokafka publishes no types.
# pyright: basic

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis import kafka
from chassis.testing.eventually import eventually


async def rewind_group(servers: str, group: str, topic: str) -> None:
    """Make Kafka believe that the group has read nothing of the topic. Its members must be gone.

    Raises:
        TimeoutError: A member is still believed to be alive.
    """
    partitions = [TopicPartition(*each) for each in await kafka.ends(servers, [topic])]
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(partitions)

        async def rewound() -> bool:
            try:
                await consumer.commit(dict.fromkeys(partitions, 0))
            except KafkaError:  # a named member that stopped counts as alive until it times out
                return False
            return True

        await eventually(rewound, within_s=30, every_s=0.5)
    finally:
        await consumer.stop()
