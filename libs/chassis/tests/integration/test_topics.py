"""Topics are made as their contracts say."""

from typing import Any

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from chassis import kafka
from chassis.testing.eventually import eventually
from chassis.testing.plugin import Servers
from contracts.event import Topic


async def test_a_topic_keeps_records_as_long_as_it_says(
    servers: Servers, topic_prefix: str
) -> None:
    """In segments that end well before: the broker drops whole ones only."""
    brief = Topic("test.brief.v1", "key", "of use for an hour", retention_s=3_600)
    plain = Topic("test.plain.v1", "key", "of use as long as any")

    await kafka.ensure_topics(servers.kafka_servers, [brief, plain], prefix=topic_prefix)

    assert await settings_of(servers, topic_prefix + brief.name) == ("3600000", "900000")
    assert await settings_of(servers, topic_prefix + plain.name) != ("3600000", "900000")


async def settings_of(servers: Servers, topic: str) -> tuple[str, str]:
    """A topic's retention.ms and segment.ms."""
    names = ["retention.ms", "segment.ms"]
    wanted = ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(names))

    async def told() -> dict[str, str]:
        # The broker that is asked may hear of a new topic later than the one that made it.
        async with kafka.admin(servers.kafka_servers) as client:
            answers: Any = await client.describe_configs([wanted])
        [(*_, entries)] = answers[0].resources
        return {entry[0]: entry[1] for entry in entries}

    found = await eventually(told)
    return found[names[0]], found[names[1]]
