"""Money out on running processes: the documents of front ends, the run, the bank, kill -9.

The stack has no wallet and no gifts: what they would tell is put on the topic, with payments that
nobody can take back any more, so that there is something to pay out today.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncGenerator, Generator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chassis import clock
from chassis.ids import uuid7
from chassis.kafka import Outbound, Writer
from chassis.testing.eventually import eventually
from checker import Addresses, check
from contracts.event import describe, encode, key_of
from contracts.gifts.v1 import GiftSent
from contracts.wallet.v1 import LotSlice
from local_stack.client import Client, http_client
from local_stack.databases import password
from local_stack.servers import Servers
from local_stack.stack import Stack, private_stack
from support.world import Answer, World, patiently

pytestmark = [pytest.mark.part_of_stack, pytest.mark.timeout(300)]

PROGRAMS = ("sandbox-bank", "payouts-api", "payouts-worker", "gateway")
TEN_DOLLARS = 2_000_000_000
REVIEW = """
mutation ($input: ReviewCreatorInput!) { reviewCreator(input: $input) { heldPayouts } }
"""


@pytest.fixture(scope="module")
def stack(servers: Servers) -> Generator[Stack]:
    """Payouts, the bank and the gateway."""
    prefix = f"money_out_{secrets.token_hex(4)}_"
    settings = {"GATEWAY_RATE_LIMIT_REQUESTS": "0", "PAYOUTS_PAYOUT_RUN_EVERY_S": "0.1"}
    with private_stack(servers=servers, prefix=prefix, settings=settings) as stack:
        stack.start(*PROGRAMS)
        yield stack


class MoneyOut:
    """Creators with something to be paid, and their bank."""

    def __init__(self, world: World, bank: httpx.AsyncClient) -> None:
        self.world = world
        self.bank = bank

    async def creator(self, *, coins: int = 80_000) -> str:
        """A creator who has earned a quarter cent per coin, all of it mature."""
        creator = f"creator-{secrets.token_hex(4)}"
        addresses = self.world.stack.addresses
        sent_at = clock.now() - timedelta(days=200)
        gift = GiftSent(
            gift_id=uuid7(),
            sender_id="viewer",
            creator_id=creator,
            item_id="rose",
            count=1,
            price_coins=coins,
            catalogue_version=1,
            target_kind="video",
            target_id="v1",
            slices=(LotSlice(7, "purchased", coins, sent_at + timedelta(days=14)),),
            sent_at=sent_at,
        )
        kind = describe(GiftSent)
        writer = Writer(addresses.kafka_servers, client_id="money-out")
        try:
            topic = addresses.prefix + kind.topic.name
            headers = [("ce_type", kind.type.encode())]
            record = Outbound(topic, key_of(gift).encode(), encode(gift), headers)
            await writer.publish([record])
        finally:
            await writer.close()
        await eventually(lambda: self.available(creator), within_s=30)
        return creator

    async def available(self, creator: str) -> int:
        query = "query ($id: ID!) { creator(id: $id) { earnings { available { microDiamonds } } } }"
        answer = await self.post(query, creator, id=creator)
        return answer["data"]["creator"]["earnings"]["available"]["microDiamonds"]

    async def post(
        self, document: str, subject: str, scope: str = "viewer creator", **variables: Any
    ) -> Any:
        response = await self.world.http.post(
            self.world.stack.addresses.graphql,
            json={"query": document, "variables": variables},
            headers={"authorization": f"Bearer {self.world.token(subject, scope)}"},
            timeout=30,
        )
        return response.json()

    async def review(self, creator: str, decision: str) -> int:
        """Let an operator find something out; how many payouts that has held."""
        body = {"creatorId": creator, "decision": decision, "reason": "papers seen"}
        answer = await self.post(REVIEW, "otto", "operator:payouts", input=body)
        return answer["data"]["reviewCreator"]["heldPayouts"]

    async def method(self, creator: str, **details: Any) -> str:
        """A method that the bank has confirmed."""
        body = self.world.payout_method(**details)
        answer = await self.world.ask("AddPayoutMethod", creator, input=body)
        assert answer["method"]["status"] in {"PENDING", "VERIFIED"}, answer

        async def verified() -> bool:
            again = await self.world.ask("AddPayoutMethod", creator, input=body)
            return again["method"]["status"] == "VERIFIED"

        await eventually(verified, within_s=30)
        return body["methodId"]

    async def request(self, creator: str, method_id: str, payout_id: str | None = None) -> Answer:
        """Ask for ten dollars, patiently."""
        body = {
            "payoutId": payout_id or str(uuid7()),
            "methodId": method_id,
            "microDiamonds": TEN_DOLLARS,
        }
        return await patiently(lambda: self.world.ask("RequestPayout", creator, input=body))

    async def payouts(self, creator: str) -> Mapping[str, Answer]:
        """What the creator sees of their payouts, by id."""
        seen = await patiently(lambda: self.world.ask("Payouts", creator))
        return {node["id"]: node for node in seen["creator"]["payouts"]["nodes"]}

    async def until(self, creator: str, payout_id: str, status: str) -> Answer:
        async def look() -> Answer:
            return (await self.payouts(creator))[payout_id]

        return await eventually(look, until=lambda node: node["status"] == status, within_s=60)

    async def transfers(self) -> list[Answer]:
        """The bank's own books."""
        response = await self.bank.get("/v1/report")
        return response.json()["transfers"]


@pytest.fixture
async def out(stack: Stack) -> AsyncGenerator[MoneyOut]:
    key = password(stack.home, "sandbox-bank-api-key")
    async with (
        Client(stack.addresses.graphql) as client,
        http_client() as http,
        http_client(
            base_url=stack.addresses.url("sandbox-bank"),
            headers={"Authorization": f"Bearer {key}"},
        ) as bank,
    ):
        yield MoneyOut(World(stack, client, http), bank)


async def assert_clean(stack: Stack) -> None:
    """The checker finds nothing wrong with payouts' books and what they have told."""
    addresses = stack.addresses
    report = await check(
        Addresses(
            payouts=addresses.auditor_dsn(stack.home, "payouts"),
            kafka=addresses.kafka_servers,
            topic_prefix=addresses.prefix,
        )
    )
    assert report.clean, report.in_words()


async def test_a_creator_is_paid(out: MoneyOut) -> None:
    """From the gift to the bank's books, by the documents of front ends, word for word."""
    creator = await out.creator()
    before = await out.available(creator)
    method_id = await out.method(creator)

    unknown = await out.request(creator, method_id)
    await out.review(creator, "IDENTITY_VERIFIED")
    requested = await out.request(creator, method_id)
    again = await out.request(creator, method_id, requested["payout"]["id"])
    paid = await out.until(creator, requested["payout"]["id"], "PAID")

    assert unknown["code"] == "identity_not_verified"
    assert requested["payout"]["gross"] == {"amountMinor": 1_000, "currency": "USD"}
    assert again["replayed"] is True
    assert [step["status"] for step in paid["history"]] == [
        *("REQUESTED", "QUEUED", "SUBMITTED", "PAID")
    ]
    [transfer] = [each for each in await out.transfers() if each["key"] == f"payout-{paid['id']}"]
    assert transfer["amount_minor"] == paid["net"]["amountMinor"]
    assert await out.available(creator) == before - TEN_DOLLARS
    await assert_clean(out.world.stack)


async def test_cancel_and_hold(out: MoneyOut) -> None:
    """What is held is neither sent nor canceled; what waits can be taken back."""
    creator = await out.creator()
    method_id = await out.method(creator)
    await out.review(creator, "IDENTITY_VERIFIED")
    before = await out.available(creator)
    # Nothing is sent while nobody works.
    await asyncio.to_thread(out.world.stack.stop, "payouts-worker")
    waiting = (await out.request(creator, method_id))["payout"]["id"]
    held = (await out.request(creator, method_id))["payout"]["id"]

    canceled = await out.world.ask("CancelPayout", creator, input={"payoutId": waiting})
    stopped = await out.review(creator, "SANCTION_HIT")
    refused = await out.world.ask("CancelPayout", creator, input={"payoutId": held})
    await asyncio.to_thread(out.world.stack.start, "payouts-worker")

    assert canceled["payout"] == {"id": waiting, "status": "CANCELED"}
    assert (stopped, refused["code"]) == (1, "payout_not_cancelable")
    assert await out.available(creator) == before - TEN_DOLLARS
    await assert_clean(out.world.stack)


async def test_a_payout_that_comes_back(out: MoneyOut) -> None:
    """E16: paid, then returned by the bank: the balance is whole again, once."""
    creator = await out.creator()
    method_id = await out.method(creator)
    await out.review(creator, "IDENTITY_VERIFIED")
    before = await out.available(creator)
    payout_id = (await out.request(creator, method_id))["payout"]["id"]
    await out.until(creator, payout_id, "PAID")

    response = await out.bank.post(
        f"/v1/transfers/payout-{payout_id}/return", json={"reason": "account_closed"}
    )
    returned = await out.until(creator, payout_id, "RETURNED")

    assert response.status_code == 200
    assert returned["history"][-1]["reason"] == "account_closed"
    assert await out.available(creator) == before
    refused = await out.request(creator, method_id)
    assert refused["code"] == "payout_method_unavailable"
    await assert_clean(out.world.stack)


async def test_kill_9_at_any_moment_pays_each_payout_once(out: MoneyOut) -> None:
    """E60: worker, api and bank die again and again while a bank that is slow to answer is paid
    through; in the end its own books have each payout once."""
    stack = out.world.stack
    chosen = random.Random(20261128)
    creators = [await out.creator() for _ in range(4)]
    methods = {creator: await out.method(creator) for creator in creators}
    for creator in creators:
        await out.review(creator, "IDENTITY_VERIFIED")
    slow = {"silence_s": 0.15, "delay_s": 0.5}
    assert (await out.bank.put("/v1/behaviours/*", json=slow)).status_code == 204

    async def ask_for(creator: str, payout_id: str) -> None:
        await out.request(creator, methods[creator], payout_id)

    wanted = {str(uuid7()): creator for creator in creators for _ in range(8)}
    asking = asyncio.gather(*(ask_for(creator, payout_id) for payout_id, creator in wanted.items()))
    for _ in range(8):
        name = chosen.choice(["payouts-worker", "payouts-worker", "payouts-api", "sandbox-bank"])
        await asyncio.sleep(chosen.uniform(0.1, 0.7))
        stack.kill9(name)
        await asyncio.to_thread(stack.wait_ready, name)
    await asking
    for payout_id, creator in wanted.items():
        await out.until(creator, payout_id, "PAID")

    sent = [each for each in await out.transfers() if each["key"].removeprefix("payout-") in wanted]
    assert sorted(each["key"] for each in sent) == sorted(f"payout-{each}" for each in wanted)
    assert {(each["amount_minor"], each["status"]) for each in sent} == {(973, "paid")}
    await assert_clean(stack)
