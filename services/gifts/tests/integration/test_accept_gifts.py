"""The mutation `acceptGifts`: a creator decides, for themselves."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chassis.testing.databases import Database

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

ACCEPT_GIFTS = """
mutation AcceptGifts($input: AcceptGiftsInput!) {
  acceptGifts(input: $input) {
    __typename
    ... on AcceptGiftsPayload { creator { id acceptsGifts } }
    ... on Refusal { code message }
  }
}
"""
CREATOR = "query Creator($id: ID!) { creator(id: $id) { id acceptsGifts } }"


async def decide(ask: Ask, accept: bool, **caller: object) -> dict[str, Any]:
    return await ask(
        ACCEPT_GIFTS,
        {"input": {"accept": accept}},
        **({"sub": "moon", "scope": "creator"} | caller),
    )


async def accepts_gifts(ask: Ask, creator_id: str = "moon") -> bool:
    """As an anonymous visitor sees it."""
    body = await ask(CREATOR, {"id": creator_id}, sub=None)
    return body["data"]["creator"]["acceptsGifts"]


async def test_creator_switches_gifts_on_and_off(ask: Ask) -> None:
    seen = [await accepts_gifts(ask)]

    for accept in (True, False, True):
        body = await decide(ask, accept)
        assert body["data"]["acceptGifts"] == {
            "__typename": "AcceptGiftsPayload",
            "creator": {"id": "moon", "acceptsGifts": accept},
        }
        seen.append(await accepts_gifts(ask))

    assert seen == [False, True, False, True]


async def test_saying_it_twice_changes_nothing(service: Database, ask: Ask) -> None:
    await decide(ask, accept=True)
    first = await service.pool.fetch("SELECT * FROM creator ORDER BY creator_id")

    body = await decide(ask, accept=True)

    assert body["data"]["acceptGifts"]["creator"]["acceptsGifts"] is True
    assert await service.pool.fetch("SELECT * FROM creator ORDER BY creator_id") == first


@pytest.mark.parametrize(
    "caller", [{"age_verified": False}, {"account_kind": "party"}, {"account_kind": "government"}]
)
async def test_opting_in_needs_eligibility(ask: Ask, caller: dict[str, Any]) -> None:
    body = await decide(ask, accept=True, **caller)

    assert body["data"]["acceptGifts"]["code"] == "not_eligible"
    assert await accepts_gifts(ask) is False


async def test_anyone_may_opt_out(ask: Ask) -> None:
    """Who is no longer eligible must still be able to stop receiving."""
    await decide(ask, accept=True)

    body = await decide(ask, accept=False, account_kind="politician")

    assert body["data"]["acceptGifts"]["creator"]["acceptsGifts"] is False


@pytest.mark.parametrize(
    ("caller", "code"),
    [({"sub": None}, "UNAUTHENTICATED"), ({"scope": "viewer operator:audit"}, "FORBIDDEN")],
)
async def test_only_creators_decide(ask: Ask, caller: dict[str, Any], code: str) -> None:
    body = await decide(ask, accept=True, **caller)

    assert body["errors"][0]["extensions"]["code"] == code
    assert await accepts_gifts(ask) is False
