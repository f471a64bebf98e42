"""After a restore, what creators are told goes on above what they had been told."""

from chassis.testing.databases import Database
from chassis.testing.plugin import Servers
from chassis.testing.publisher import Publisher
from contracts.payouts.v1 import EarningsChanged
from payouts.edge.recovering import overtake_all
from payouts.testing import SENT_AT, a_gift
from payouts.testing.telling import deliver, newest


def told_before(creator_id: str, version: int) -> EarningsChanged:
    return EarningsChanged(creator_id, version, 99_000_000, 0, SENT_AT)


async def test_who_is_behind_is_told_how_they_stand(
    database: Database, servers: Servers, topic_prefix: str, publisher: Publisher
) -> None:
    """Once, above the newest that was told; nobody else is told anything, and nobody is made up."""
    for name in ("behind", "level"):
        await deliver(database.pool, a_gift(10, creator_id=name), at=SENT_AT)
    await publisher.events(
        [
            *(told_before("behind", version) for version in (7, 40, 12)),
            told_before("level", 1),
            told_before("unknown", 3),
        ]
    )

    async def overtake() -> int:
        return await overtake_all(database.pool, servers.kafka_servers, topic_prefix=topic_prefix)

    assert await overtake() == 1
    assert await overtake() == 0

    heard = await newest(database.pool)
    assert {name: event.version for name, event in heard.items()} == {"behind": 41, "level": 1}
    state = heard["behind"]
    assert state.pending_micro_diamonds + state.available_micro_diamonds == 5_000_000
    await deliver(database.pool, a_gift(10, creator_id="behind"), at=SENT_AT)
    assert (await newest(database.pool))["behind"].version > 41
