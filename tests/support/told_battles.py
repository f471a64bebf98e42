"""Battles that a test tells a page of: real ones go on for longer than a test."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, Route, WebSocketRoute

from support.watching import socket_url
from support.world import World

SEED = bytes(range(32)).hex()
SEED_HASH = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
"""What `sha256sum` says of it."""


def in_seconds(seconds: float) -> str:
    """A time to come, as the endpoint writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def running_battle(host: str, room_id: str) -> dict[str, Any]:
    """A battle as frames tell it, half over: the host has a glove, the rival is behind a mist."""
    side: dict[str, Any] = dict.fromkeys(("hiddenUntil", "multipliedUntil", "hammeringUntil"))
    side |= {"hits": 0, "combos": 0}
    mine = {"roomId": room_id, "creatorId": host, "points": 320, "multipliedUntil": in_seconds(200)}
    rival = {
        "roomId": str(uuid4()),
        "creatorId": "rival",
        "points": None,
        "hiddenUntil": in_seconds(200),
    }
    return {
        "status": "RUNNING",
        "endsAt": in_seconds(200),
        "winnerRoomId": None,
        "sides": [side | mine, side | rival],
    }


def ended_battle(host: str, room_id: str, seed: str) -> dict[str, Any]:
    """A battle whose result is known, with one glove."""
    at = "2026-11-28T12:00:00+00:00"
    glove = {"kind": "GLOVE", "number": 1, "roomId": room_id, "fromAt": at, "untilAt": at}
    return {
        "id": "019b76da-a800-7000-8000-000000000008",
        "status": "ENDED",
        "seedHash": SEED_HASH,
        "seed": seed,
        "sides": [{"host": {"id": each}} for each in (host, "rival")],
        "powerUps": [glove | {"id": "019b76da-a800-7000-8000-00000000000a"}],
    }


async def tell_frames(
    page: Page, world: World, battle: dict[str, Any]
) -> Callable[[], Awaitable[None]]:
    """Have every frame tell of this battle, as it is by then; answers what cuts the page off."""
    told: list[WebSocketRoute] = []
    is_cut = False

    async def with_battle(mine: WebSocketRoute) -> None:
        if is_cut:
            await mine.close()
            return
        told.append(mine)
        theirs = mine.connect_to_server()

        def tell(message: str | bytes) -> None:
            said = json.loads(message)
            frame = said.get("payload", {}).get("data", {}).get("roomFrames")
            if frame is not None:
                frame["battle"] = battle
            mine.send(json.dumps(said))

        theirs.on_message(tell)

    async def cut() -> None:
        nonlocal is_cut
        is_cut = True
        for each in told:
            await each.close()

    await page.route_web_socket(socket_url(world), with_battle)
    return cut


async def tell_desk(page: Page, world: World, battle: dict[str, Any]) -> None:
    """Have the battle desk hear of this battle, as it is by then."""

    async def with_battle(route: Route) -> None:
        if "PageBattleDesk" not in (route.request.post_data or ""):
            await route.fallback()
            return
        answer = await route.fetch()
        body = await answer.json()
        body["data"]["room"]["battle"] = battle
        await route.fulfill(response=answer, json=body)

    await page.route(world.stack.addresses.graphql, with_battle)
