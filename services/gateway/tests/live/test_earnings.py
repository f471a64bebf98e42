"""A creator's earnings as they change: the creator's own, for creators, for as long as the token
holds."""

import time
from pathlib import Path
from uuid import uuid4

import pytest
from gateway_process import Gateway, Issuer
from hub_process import (
    BALANCE_CHANGED,
    EARNINGS_CHANGED,
    HubProcess,
    Socket,
    a_balance,
    a_socket,
    events,
    run_hub,
    the_earnings,
)

from chassis.testing.publisher import Publisher


@pytest.fixture
def star() -> str:
    """Whom no other test knows."""
    return f"star-{uuid4().hex[:8]}"


async def amounts(socket: Socket, id_: str = "a") -> tuple[int, int]:
    """Pending and available, as told next."""
    told = await socket.next(id_)
    assert told.keys() == {"pending", "available", "asOf"}
    return told["pending"]["microDiamonds"], told["available"]["microDiamonds"]


@pytest.mark.parametrize("way", ["hub", "one endpoint"])
async def test_each_creator_hears_their_own(
    hub: HubProcess,
    live_gateway: Gateway,
    publisher: Publisher,
    issuer: Issuer,
    star: str,
    way: str,
) -> None:
    """Verbatim over both protocols; beside another creator, and beside the own balance, of which a
    version says nothing about earnings."""
    port = hub.port if way == "hub" else live_gateway.port
    moon = f"moon-{star}"
    await publisher.events(
        [the_earnings(star, 3, 50, 7), the_earnings(moon, 9, 90), a_balance(star, 100, 1)]
    )
    address = f"127.0.0.1:{port}/graphql"
    async with (
        a_socket(f"ws://{address}", issuer.token(star, "creator")) as own,
        a_socket(f"ws://{address}", issuer.token(moon, "creator")) as others,
        events(f"http://{address}", EARNINGS_CHANGED, issuer.token(star, "creator")) as stream,
    ):
        await own.subscribe("balance", BALANCE_CHANGED)
        assert (await own.next("balance"))["coins"] == 1
        await own.subscribe("a", EARNINGS_CHANGED)
        await others.subscribe("a", EARNINGS_CHANGED)
        assert await amounts(own) == (50, 7)
        assert await amounts(others) == (90, 0)
        _, first = await anext(stream)
        assert first["data"]["earningsChanged"]["available"] == {"microDiamonds": 7}
        await publisher.events(
            [
                the_earnings(star, 3, 1),
                the_earnings(star, 2, 1),
                the_earnings(moon, 10, 80),
                the_earnings(star, 4, 2**53 - 1),
            ]
        )
        assert await amounts(own) == (2**53 - 1, 0)
        assert await amounts(others) == (80, 0)
        _, second = await anext(stream)
        assert second["data"]["earningsChanged"]["pending"] == {"microDiamonds": 2**53 - 1}


async def test_who_was_away_is_told_how_it_stands(
    hub: HubProcess, publisher: Publisher, issuer: Issuer, star: str
) -> None:
    """The newest state at once, whatever came meanwhile and in whatever order."""
    token = issuer.token(star, "creator")
    await publisher.events([the_earnings(star, 1, 10)])
    async with a_socket(hub.ws, token) as socket:
        await socket.subscribe("a", EARNINGS_CHANGED)
        assert await amounts(socket) == (10, 0)
    async with a_socket(hub.ws, token) as watching:
        await watching.subscribe("a", EARNINGS_CHANGED)
        assert await amounts(watching) == (10, 0)
        await publisher.events([the_earnings(star, 5, 30, 5), the_earnings(star, 4, 20)])
        assert await amounts(watching) == (30, 5)
    async with a_socket(hub.ws, token) as socket:
        await socket.subscribe("a", EARNINGS_CHANGED)
        assert await amounts(socket) == (30, 5)


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (None, "UNAUTHENTICATED"),
        ("", "FORBIDDEN"),
        ("viewer operator:refunds", "FORBIDDEN"),
        ("creator", None),
        ("viewer creator", None),
        ("operator:payouts", None),
    ],
)
async def test_the_scope_is_that_of_the_query(
    hub: HubProcess,
    publisher: Publisher,
    issuer: Issuer,
    star: str,
    scope: str | None,
    code: str | None,
) -> None:
    """Over both protocols; and even an operator hears nobody's but their own."""
    await publisher.events([the_earnings(star, 1, 10)])
    token = None if scope is None else issuer.token(star, scope)
    async with (
        a_socket(hub.ws, token) as socket,
        events(hub.http, EARNINGS_CHANGED, token) as stream,
    ):
        await socket.subscribe("a", EARNINGS_CHANGED)
        _, told = await anext(stream)
        if code is None:
            assert await amounts(socket) == (10, 0)
            assert told["data"]["earningsChanged"]["pending"] == {"microDiamonds": 10}
        else:
            assert (await socket.error("a"))["code"] == code
            assert told["errors"][0]["extensions"]["code"] == code
            assert await anext(stream) == ("complete", None)


async def test_there_is_no_argument_for_somebody_elses(hub: HubProcess, issuer: Issuer) -> None:
    document = 'subscription { earningsChanged(creatorId: "nova") { version } }'
    async with a_socket(hub.ws, issuer.token("ann", "operator:payouts")) as socket:
        await socket.subscribe("a", document)
        assert (await socket.error("a"))["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_expiry_ends_it_and_a_fresh_token_goes_on(
    hub: HubProcess, publisher: Publisher, issuer: Issuer, star: str
) -> None:
    """With a clear code, in mid-subscription."""
    # Tokens hold for 5 s longer than they say: clocks differ.
    token = issuer.token(star, "creator", exp=time.time() - 3)
    await publisher.events([the_earnings(star, 1, 10)])
    async with (
        a_socket(hub.ws, token) as socket,
        events(hub.http, EARNINGS_CHANGED, token) as stream,
    ):
        await socket.subscribe("a", EARNINGS_CHANGED)
        assert await amounts(socket) == (10, 0)
        await anext(stream)
        error = await socket.error("a")
        assert (error["code"], error["reason"]) == ("UNAUTHENTICATED", "token_expired")
        _, told = await anext(stream)
        assert told["errors"][0]["extensions"]["reason"] == "token_expired"
        await publisher.events([the_earnings(star, 2, 20)])
        await socket.subscribe("b", EARNINGS_CHANGED)
        assert (await socket.error("b"))["reason"] == "token_expired"
    async with a_socket(hub.ws, issuer.token(star, "creator")) as socket:
        await socket.subscribe("a", EARNINGS_CHANGED)
        await socket.until("a", pending={"microDiamonds": 20}, available={"microDiamonds": 0})


async def test_a_hub_that_starts_anew_knows_the_newest(
    tmp_path: Path, settings: dict[str, str], publisher: Publisher, issuer: Issuer, star: str
) -> None:
    """It reads the last minutes first, and tells nobody anything before that."""
    await publisher.events([the_earnings(star, n, n) for n in range(1, 200)])
    with run_hub(tmp_path, settings) as started:
        async with a_socket(started.ws, issuer.token(star, "creator")) as socket:
            await socket.subscribe("a", EARNINGS_CHANGED)
            assert await amounts(socket) == (199, 0)
