"""What a running stack answers to scrapes is what queries are held to."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chassis.testing.eventually import eventually
from observe import metrics
from support.world import World

pytestmark = pytest.mark.stack

SEEN = {
    "gifts-api": {
        ("largesse_requests_total", ("ok", "sendGift")),
        ("largesse_requests_total", ("SERVICE_UNAVAILABLE", "sendGift")),
        ("largesse_request_seconds_bucket", ("0.5", "sendGift")),
    },
    "wallet-api": {
        ("largesse_house_coins", ("debits", "mint:USD")),
        ("largesse_house_coins", ("credits", "gift_clearing")),
        ("largesse_webhook_seconds_bucket", ("2.5", "sandbox")),
        ("largesse_webhook_deliveries_total", ("applied", "sandbox")),
        ("largesse_webhook_deliveries_total", ("failed", "sandbox")),
    },
    "wallet-worker": {
        ("largesse_dead_letters_total", ("gifts.charge.v1",)),
        ("largesse_consumer_batch_records_sum", ("gifts.charge.v1",)),
        ("largesse_outbox_oldest_seconds", ()),
    },
    "payouts-api": {
        ("largesse_payouts_oldest_seconds", ("QUEUED",)),
        ("largesse_payouts_oldest_seconds", ("SUBMITTED",)),
    },
    "payouts-worker": {("largesse_work_done_timestamp_seconds", ("payout_run",))},
    "live-hub": {("largesse_live_delivery_seconds_bucket", ("0.5",))},
    "gateway": {
        ("subgraph_request_seconds_count", ("gifts",)),
        ("subgraph_failures_total", ("gifts",)),
    },
}
"""Series with values of their labels on which rules and dashboards rely."""


async def test_a_running_stack_exports_what_is_listed(world: World) -> None:
    """After a purchase and a gift: no metric and no label that the list does not have, and the
    values of labels that rules name."""
    viewer, creator = await world.viewer(), await world.creator()
    await world.send(viewer, creator)

    async def scrape() -> dict[str, str]:
        return {
            process: (await world.http.get(world.stack.addresses.url(process, "/metrics"))).text
            for process in metrics.PROCESSES
        }

    def complete(answers: dict[str, str]) -> bool:
        return all(SEEN.get(process, set()) <= series(text) for process, text in answers.items())

    answers = await eventually(scrape, until=complete, within_s=30, every_s=0.5)
    listed = metrics.kept()
    assert {
        process: found
        for process, text in answers.items()
        if (found := metrics.unlisted(process, text, listed))
    } == {}


def series(text: str) -> set[tuple[str, tuple[str, ...]]]:
    """Names with the values of their labels, sorted."""
    return {
        (sample.name, tuple(sorted(sample.labels.values())))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
