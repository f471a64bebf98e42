"""Battles as hosts have them in the studio: two browsers, two hosts, one battle."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from support.browsing import PHONE, a_screen
from support.told_battles import SEED, ended_battle, tell_desk
from support.watching import a_room
from support.world import World

pytestmark = pytest.mark.stack


async def test_hosts_battle_from_their_studios(world: World, browser: Browser) -> None:
    """One proposes, the other accepts; both use what helps, and see the same score."""
    async with (
        a_room(world, title="Left evening") as (left, left_room),
        a_room(world, title="Right evening") as (right, right_room),
    ):
        sender = await world.viewer("alice", coins=70)
        asks = await a_screen(browser, world, left)
        asked = await a_screen(browser, world, right, PHONE)
        await asks.visit(f"/studio/{left_room}")
        await asked.visit(f"/studio/{right_room}")

        await asks.page.get_by_label("Rival").select_option(value=right_room)
        await asks.part("propose").click()
        await expect(asks.part("battle-desk")).to_contain_text(f"{right} is asked")
        invitation = asked.part("invitation")
        await expect(invitation).to_contain_text(left)
        await invitation.get_by_role("button", name="Accept").click()
        for screen in (asks, asked):
            await screen.shows("battle-desk", "RUNNING", attribute="data-battle")
            sealed = screen.part("sealed")
            await expect(sealed).to_have_attribute("data-hash", re.compile(r"^[0-9a-f]{64}$"))

        await asked.part("use-TIME_MAKER").click()
        await expect(asked.part("note")).to_contain_text(re.compile(r"is \d+ s longer"))
        await asked.part("use-STUN_HAMMER").click()
        await expect(asked.part("note")).to_contain_text("The hammer swings")
        await world.give(sender, left, count=7, target={"roomId": left_room})
        await world.give(sender, right, count=4, target={"roomId": right_room})
        for screen in (asks, asked):
            board = screen.part("battle")
            for points in (7, 4):
                await expect(board.locator(f'[data-value="{points}"]')).to_be_visible()
            await expect(board).to_contain_text(f"Hammer · {right}")
        await asks.part("use-GLOVE").click()
        await expect(asks.part("note")).to_contain_text("The glove")
        await asks.part("use-MIST").click()
        await expect(asks.part("note")).to_contain_text("A mist hides your points")
        await expect(asked.part("battle")).to_contain_text("hidden by a mist")
        await asks.keep("studio-in-a-battle")
        await asked.keep("studio-in-a-battle-on-a-phone")

        assert [screen.complaints for screen in (asks, asked)] == [[], []]


async def test_what_cannot_be_used_is_said_in_words(world: World, browser: Browser) -> None:
    """A mist too many changes nothing."""
    async with a_room(world) as (left, left_room), a_room(world) as (right, right_room):
        battle = {"battleId": str(uuid4()), "roomId": left_room, "rivalRoomId": right_room}
        await world.ask("ProposeBattle", left, input=battle)
        await world.ask(
            "AcceptBattle", right, input={"battleId": battle["battleId"], "roomId": right_room}
        )
        screen = await a_screen(browser, world, left)
        await screen.visit(f"/studio/{left_room}")
        for _ in range(2):
            await screen.part("use-MIST").click()
            await expect(screen.part("note")).to_contain_text("A mist hides")
            await screen.part("note").get_by_role("button", name="Dismiss").click()
        await screen.part("use-MIST").click()
        await expect(screen.part("note").and_(screen.page.get_by_role("alert"))).to_be_visible()
        assert screen.complaints == []


@pytest.mark.parametrize("told", [SEED, "00" * 32], ids=["the sealed seed", "another seed"])
async def test_the_revealed_seed_is_checked_on_the_screen(
    world: World, browser: Browser, told: str
) -> None:
    """A real battle ends only after half a minute, so the test tells of one that is over."""
    async with a_room(world) as (host, room_id):
        screen = await a_screen(browser, world, host)
        await tell_desk(screen.page, world, ended_battle(host, room_id, told))
        await screen.visit(f"/studio/{room_id}")

        reveal = screen.part("reveal")
        is_right = told == SEED
        await expect(reveal).to_have_attribute("data-right", str(is_right).lower())
        await reveal.locator("summary").click()
        await expect(reveal).to_contain_text(told)
        if is_right:
            await expect(reveal).to_contain_text("Glove no. 1 rolled 44 of 100")
        assert screen.complaints == []
