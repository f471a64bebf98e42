"""Private feeds: whose they are is the token's word, for as long as it holds."""

import asyncio
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from gateway_process import Issuer
from hub_process import (
    BALANCE_CHANGED,
    ROOM_FRAMES,
    HubProcess,
    a_balance,
    a_frame,
    a_socket,
    events,
    run_hub,
)

from chassis.testing.publisher import Publisher


@pytest.fixture
def users() -> list[str]:
    """Whom no other test knows."""
    mark = uuid4().hex[:8]
    return [f"{name}-{mark}" for name in ("ann", "ben", "cleo")]


async def test_each_sees_their_own_and_nobody_elses(
    hub: HubProcess, publisher: Publisher, issuer: Issuer, users: list[str]
) -> None:
    """Many users at once, over both protocols, across a reconnection: none sees another's."""
    seen: dict[str, list[int]] = {user: [] for user in users}
    versions = dict.fromkeys(users, 0)

    async def change(rounds: int) -> None:
        for _ in range(rounds):
            for number, user in enumerate(users):
                versions[user] += 1
                coins = 1_000 * (number + 1) + versions[user]
                await publisher.events([a_balance(user, versions[user], coins)])

    async def watch(user: str, until: int) -> None:
        async with a_socket(hub.ws, issuer.token(user)) as socket:
            await socket.subscribe("a", BALANCE_CHANGED)
            while not seen[user] or seen[user][-1] % 1_000 < until:
                seen[user].append((await socket.next("a"))["coins"])

    async def stream(user: str, until: int) -> None:
        async with events(hub.http, BALANCE_CHANGED, issuer.token(user)) as told:
            async for _, data in told:
                coins = data["data"]["balanceChanged"]["coins"]
                seen[user].append(coins)
                if coins % 1_000 >= until:
                    return

    async with asyncio.TaskGroup() as tasks:
        for user in users:
            tasks.create_task(watch(user, 10))
            tasks.create_task(stream(user, 10))
        await change(10)
    async with asyncio.TaskGroup() as tasks:  # the same users, on new connections
        for user in users:
            tasks.create_task(watch(user, 20))
        await change(10)

    for number, user in enumerate(users):
        assert {coins // 1_000 for coins in seen[user]} == {number + 1}
        assert seen[user][-1] == 1_000 * (number + 1) + 20


async def test_what_changed_lately_is_told_at_once(
    hub: HubProcess, publisher: Publisher, issuer: Issuer, users: list[str]
) -> None:
    """Who was away converges; an older state never comes after a newer one."""
    ann = users[0]
    await publisher.events([a_balance(ann, 2, 20), a_balance(ann, 1, 10)])
    async with a_socket(hub.ws, issuer.token(ann)) as socket:
        await socket.subscribe("a", BALANCE_CHANGED)
        assert (await socket.next("a"))["coins"] == 20
        await publisher.events(
            [a_balance(ann, 1, 10), a_balance(ann, 2, 20), a_balance(ann, 3, 30)]
        )
        told = await socket.next("a")
        assert told["coins"] == 30
        assert (told["debtCoins"], told["cause"]) == (0, "CHARGE")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        pytest.param("", "token_missing", id="none"),
        pytest.param("garbage", "token_invalid", id="garbage"),
        pytest.param("expired", "token_expired", id="expired"),
        pytest.param("foreign", "token_invalid", id="of another issuer"),
    ],
)
async def test_who_may_not_see(hub: HubProcess, issuer: Issuer, token: str, reason: str) -> None:
    """Over both protocols; what is refused is refused with the gateway's code."""
    made: dict[str, str | None] = {
        "": None,
        "garbage": "garbage",
        "expired": issuer.token("ann", exp=time.time() - 60),
        "foreign": issuer.token("ann", iss="https://elsewhere.test"),
    }
    given = made[token]
    headers = {"accept": "text/event-stream"} | (
        {} if given is None else {"authorization": f"Bearer {given}"}
    )
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.post(hub.http, json={"query": BALANCE_CHANGED}, headers=headers)
    if given is None:
        assert response.status_code == 200
        assert '"code":"UNAUTHENTICATED"' in response.text
        assert response.text.endswith("event: complete\ndata:\n\n")
        async with a_socket(hub.ws) as socket:
            await socket.subscribe("a", BALANCE_CHANGED)
            error = await socket.error("a")
            assert (error["code"], error["reason"]) == ("UNAUTHENTICATED", reason)
        return
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"] == {
        "code": "UNAUTHENTICATED",
        "reason": reason,
    }
    async with a_socket(hub.ws, init=False) as socket:
        payload = {"Authorization": f"Bearer {given}"}
        await socket.say(type="connection_init", payload=payload)
        assert await socket.closed() == (4403, f"Forbidden: {reason}")


async def test_token_of_the_header_counts_and_the_messages_one_before_it(
    hub: HubProcess, publisher: Publisher, issuer: Issuer, users: list[str]
) -> None:
    """Programs send a header; browsers cannot."""
    ann, ben, _ = users
    await publisher.events([a_balance(ann, 1, 1), a_balance(ben, 1, 2)])
    headers = {"authorization": f"Bearer {issuer.token(ann)}"}
    for payload, coins in (({}, 1), ({"authorization": f"Bearer {issuer.token(ben)}"}, 2)):
        async with a_socket(hub.ws, init=False, additional_headers=headers) as socket:
            await socket.say(type="connection_init", payload=payload)
            assert (await socket.hear())["type"] == "connection_ack"
            await socket.subscribe("a", BALANCE_CHANGED)
            assert (await socket.next("a"))["coins"] == coins


async def test_expiry_ends_private_feeds_and_nothing_else(
    hub: HubProcess, publisher: Publisher, issuer: Issuer, users: list[str]
) -> None:
    """In mid-subscription, with a clear code; rooms go on, and a fresh token goes on from there."""
    ann, room = users[0], uuid4()
    # Tokens hold for 5 s longer than they say: clocks differ.
    token = issuer.token(ann, exp=time.time() - 3)
    await publisher.events([a_balance(ann, 1, 10), a_frame(room, 1)])
    async with (
        a_socket(hub.ws, token) as socket,
        events(hub.http, BALANCE_CHANGED, token) as stream,
    ):
        await socket.subscribe("room", ROOM_FRAMES, roomId=str(room))
        await socket.next("room")
        await socket.subscribe("mine", BALANCE_CHANGED)
        assert (await socket.next("mine"))["coins"] == 10
        await anext(stream)

        error = await socket.error("mine")
        assert (error["code"], error["reason"]) == ("UNAUTHENTICATED", "token_expired")
        _, told = await anext(stream)
        assert told["errors"][0]["extensions"]["reason"] == "token_expired"
        assert await anext(stream) == ("complete", None)

        await publisher.events([a_balance(ann, 2, 20), a_frame(room, 2)])
        assert (await socket.next("room"))["seq"] == 2
        await socket.subscribe("again", BALANCE_CHANGED)
        assert (await socket.error("again"))["reason"] == "token_expired"
    async with a_socket(hub.ws, issuer.token(ann)) as socket:
        await socket.subscribe("a", BALANCE_CHANGED)
        await socket.until("a", coins=20)


async def test_nobody_can_ask_for_somebody_elses(hub: HubProcess, issuer: Issuer) -> None:
    """There is no argument for it."""
    document = 'subscription { balanceChanged(userId: "ben") { coins } }'
    async with a_socket(hub.ws, issuer.token("ann", "operator:support")) as socket:
        await socket.subscribe("a", document)
        assert (await socket.error("a"))["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_tokens_cannot_be_checked_without_keys(
    tmp_path: Path, settings: dict[str, Any], issuer: Issuer
) -> None:
    """An outage, not a bad token: clients are to come again."""
    keyless = settings | {"LIVE_HUB_TOKEN_JWKS_URL": (tmp_path / "none.json").as_uri()}
    with run_hub(tmp_path, keyless) as hub:
        async with a_socket(hub.ws, init=False) as socket:
            payload = {"authorization": f"Bearer {issuer.token('ann')}"}
            await socket.say(type="connection_init", payload=payload)
            code, _ = await socket.closed()
            assert code == 1013
        headers = {"accept": "text/event-stream", "authorization": f"Bearer {issuer.token('ann')}"}
        async with httpx.AsyncClient(trust_env=False) as client:
            response = await client.post(hub.http, json={"query": BALANCE_CHANGED}, headers=headers)
        assert response.status_code == 503
        assert response.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
