"""One gift, one trace, every hop (acceptance 6)."""

from collections.abc import Sequence
from typing import Any

import pytest

from chassis.testing.eventually import eventually
from support.world import World

pytestmark = pytest.mark.stack

HOPS = {
    ("gateway", "graphql SendGift"),
    ("gifts-api", "write gifts"),
    ("gifts-worker", "publish gifts.charge.v1"),
    ("wallet-worker", "process gifts.charge.v1"),
    ("wallet-worker", "publish wallet.charge.v1"),
    ("gifts-worker", "process wallet.charge.v1"),
    ("gifts-worker", "publish gifts.gift.v1"),
    ("payouts-worker", "process gifts.gift.v1"),
    ("payouts-worker", "publish payouts.earning.v1"),
}
"""The process and what it did, from the request to what the creator has earned."""


async def test_a_gift_is_one_trace_with_every_hop(world: World) -> None:
    viewer, creator = await world.viewer(), await world.creator()
    sent = await world.send(viewer, creator)

    spans = await trace_of(world, sent["gift"]["id"])

    by_id = {span["span_id"]: span for span in spans}
    roots = [span for span in spans if span["parent_id"] not in by_id]
    assert [root["process"] for root in roots] == ["gateway"]
    assert all(span["error"] is None for span in spans)
    # A hop never begins before what caused it.
    for span in spans:
        if (parent := by_id.get(span["parent_id"])) is not None:
            assert span["offset_us"] >= parent["offset_us"], (parent["name"], span["name"])


async def trace_of(world: World, gift_id: str) -> Sequence[dict[str, Any]]:
    """The spans of the one trace that a gift has, once the last hop has reported."""
    url = world.stack.addresses.url("trace-store", "/api/traces")

    async def spans() -> Sequence[dict[str, Any]]:
        traces = (await world.http.get(url, params={"id": gift_id})).json()["traces"]
        if not traces:
            return []
        (trace,) = traces
        return (await world.http.get(f"{url}/{trace['trace_id']}")).json()["spans"]

    def complete(found: Sequence[dict[str, Any]]) -> bool:
        return {(span["process"], span["name"]) for span in found} >= HOPS

    return await eventually(spans, until=complete, within_s=20, every_s=0.2)
