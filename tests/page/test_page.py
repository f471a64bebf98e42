"""The page in real browsers: what one sends, the other sees."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect

from support.browsing import PHONE, a_screen
from support.told_battles import in_seconds, running_battle, tell_frames
from support.watching import a_room
from support.world import World

pytestmark = pytest.mark.stack

OF_PAGE = re.compile(r"/studio/([0-9a-f-]{36})$")


async def test_what_one_sends_the_other_sees(world: World, browser: Browser) -> None:
    """From the host's "go live" to the end of the room: line, streak, totals, goal, earnings."""
    host = await world.creator("host")
    sender = await world.viewer("alice", coins=70)
    studio = await a_screen(browser, world, host)
    sends = await a_screen(browser, world, sender)
    sees = await a_screen(browser, world, "bob", PHONE, moves=True)

    await studio.visit("/studio")
    await studio.page.get_by_label("Title").fill("Two screens, one rose")
    await studio.page.get_by_label("Goal in coins").fill("5")
    await studio.part("open-room").click()
    await studio.page.wait_for_url(OF_PAGE)
    found = OF_PAGE.search(studio.page.url)
    assert found is not None
    room_id = found[1]
    try:
        earned = await studio.number("earned")
        for screen in (sends, sees):
            await screen.watches(room_id)
            await expect(screen.part("title")).to_have_text("Two screens, one rose")
        balance = await sends.number("balance")
        await sends.page.get_by_label("Show my name").check()
        await expect(sends.page.locator("[data-named=true]")).to_be_visible()

        # A streak: each press is a gift of its own, charged by itself.
        await sends.choose("rose")
        for _ in range(3):
            await sends.send()
        for screen in (sends, sees, studio):
            line = screen.line(sender, "rose")
            await expect(line).to_have_attribute("data-count", "3")
            await screen.shows("total-coins", 3)
            await screen.shows("total-gifts", 3)
            await screen.shows("total-gifters", 1)
            await screen.shows("goal", 3, attribute="data-reached")
            await expect(screen.part("gifters").get_by_text(sender)).to_be_visible()
        await sends.shows("balance", balance - 3)
        await expect(sees.line(sender, "rose")).to_have_attribute("data-ended", "true")

        # Many pieces at once, with a message, past the goal.
        await sends.choose("ice-cream")
        await sends.page.get_by_role("button", name="×5", exact=True).click()
        await sends.page.get_by_label("Message").fill("well played")
        await sends.send()
        for screen in (sees, studio):
            line = screen.line(sender, "ice-cream")
            await expect(line).to_have_attribute("data-count", "5")
            await expect(line).to_contain_text("well played")
            await expect(screen.part("goal")).to_contain_text("Goal reached")
        await sees.keep("room-on-a-phone")
        await sends.keep("room")

        # The creator is credited what the ledger says, and sees it without asking.
        lifetime = earned

        async def credited() -> bool:
            nonlocal lifetime
            lifetime = await world.lifetime(host)
            return lifetime > earned

        while not await credited() or await world.balance(sender) != balance - 8:
            await asyncio.sleep(0.1)
        await studio.shows("earned", await _at_rest(world, host))
        await studio.keep("studio")

        await studio.part("close-room").click()
        for screen in (sends, sees, studio):
            await screen.shows("ending-coins", 8)
            await screen.shows("ending-gifts", 4)
            await expect(screen.part("send")).to_have_count(0)
        await sees.keep("room-is-over")
    finally:
        await world.ask("CloseRoom", host, input={"roomId": room_id})
    assert [screen.complaints for screen in (studio, sends, sees)] == [[], [], []]


async def _at_rest(world: World, host: str) -> int:
    """What the host has earned once all eight coins are credited: nothing changes any more."""
    received = await world.ask("Creator", host, id=host)
    while received["giftsReceived"]["totalCoins"] != 8:
        received = await world.ask("Creator", host, id=host)
    seen = [await world.lifetime(host)]
    while len(seen) < 10 or len(set(seen[-10:])) > 1:
        await asyncio.sleep(0.05)
        seen.append(await world.lifetime(host))
    return seen[-1]


@pytest.mark.parametrize("dies", ["gateway", "live-hub"])
async def test_a_lost_connection_leaves_no_gap_and_no_repeat(
    world: World, browser: Browser, dies: str
) -> None:
    """Each piece is shown once, though the connection was lost among them."""
    async with a_room(world) as (host, room_id):
        sender = await world.viewer("alice", coins=70)
        target = {"roomId": room_id}
        screen = await a_screen(browser, world, "bob")
        await screen.watches(room_id)

        given = 0
        for number in range(9):
            if number in (3, 6):
                world.stack.kill9(dies)
            await world.give(sender, host, target=target, count=1 + number % 2)
            given += 1 + number % 2
        world.stack.wait_ready(dies)

        await screen.shows("total-coins", given)
        await screen.shows("delivery", given, attribute="data-pieces")
        await screen.shows("link", "connected", attribute="data-link")
        room = await world.ask("Room", id=room_id)
        await screen.shows("delivery", room["seq"], attribute="data-seq")
        assert await screen.number("delivery", attribute="data-pieces") == given
        assert await screen.number("delivery", attribute="data-coins") == given
        assert await screen.number("delivery", attribute="data-missed") == 0
        assert screen.complaints == []


async def test_without_coins_it_says_so_and_sells_some(world: World, browser: Browser) -> None:
    """A gift too dear changes nothing; coins that are paid for come by themselves."""
    async with a_room(world) as (_, room_id):
        sender = await world.viewer("alice", coins=20)
        screen = await a_screen(browser, world, sender)
        await screen.watches(room_id)
        before = await screen.number("balance")

        await screen.choose("lion")
        await screen.send()
        note = screen.page.get_by_role("alert")
        await expect(note).to_contain_text("Not enough coins")
        await expect(note).to_contain_text(f"you have {before}")
        await screen.keep("not-enough-coins")
        await screen.shows("total-gifts", 0)
        await screen.shows("balance", before)

        await note.get_by_role("button", name="Get coins").click()
        shop = screen.page.get_by_role("dialog")
        await shop.get_by_role("listitem").get_by_role("button").first.click()
        async with screen.page.expect_popup() as opened:
            await screen.part("pay").click()
        checkout = await opened.value
        await screen.keep("coins-are-ordered")
        await checkout.get_by_role("button", name="Pay", exact=True).click()
        await expect(screen.part("coins-came")).to_be_visible()
        assert await screen.number("balance") > before
        assert screen.complaints == []


async def test_a_name_whose_showing_was_refused_is_not_shown(
    world: World, browser: Browser
) -> None:
    """The switch says what was agreed to, not what was tried."""
    async with a_room(world) as (_, room_id):
        screen = await a_screen(browser, world, "bob")

        async def refuse(route: Route) -> None:
            if "PageShowMe" in (route.request.post_data or ""):
                error = {"message": "not now", "extensions": {"code": "FORBIDDEN"}}
                await route.fulfill(response=await route.fetch(), json={"errors": [error]})
            else:
                await route.fallback()

        await screen.page.route(world.stack.addresses.graphql, refuse)
        await screen.watches(room_id)
        switch = screen.page.get_by_label("Show my name")
        async with screen.page.expect_response(
            lambda answer: "PageShowMe" in (answer.request.post_data or "")
        ):
            await switch.click()
        await expect(switch).not_to_be_checked()
        assert screen.complaints == []


async def test_a_room_that_is_over_and_one_that_never_was(world: World, browser: Browser) -> None:
    """Who comes late sees how it ended, and nothing to send with."""
    async with a_room(world, title="It was a night", goal={"coins": 2}) as (host, room_id):
        sender = await world.viewer("alice", coins=20)
        await world.ask("ShowMeOnBoards", sender, input={"show": True})
        await world.give(sender, host, target={"roomId": room_id}, count=3)
    screen = await a_screen(browser, world, "bob", PHONE)

    await screen.visit(f"/room/{room_id}")
    await expect(screen.part("ending")).to_contain_text("It was a night is over")
    await screen.shows("ending-coins", 3)
    await expect(screen.part("ending")).to_contain_text(sender)
    await expect(screen.part("ending")).to_contain_text("The goal was reached")
    await expect(screen.part("send")).to_have_count(0)

    await screen.visit("/room/00000000-0000-7000-8000-000000000000")
    await expect(screen.part("missing")).to_contain_text("no such room")
    await screen.visit("/")
    await expect(screen.part("open-rooms")).to_have_attribute("data-order", "GIFTERS")
    await expect(screen.page.get_by_role("link", name="It was a night")).to_have_count(0)
    assert screen.complaints == []


async def test_the_lobby_shows_every_room_that_is_open(world: World, browser: Browser) -> None:
    """To whoever has seen none before; the most generous first, or the newest."""
    async with (
        a_room(world, title="Somebody was here") as (host, given),
        a_room(world, title="Nobody yet") as (_, newest),
    ):
        sender = await world.viewer("alice", coins=1)
        await world.give(sender, host, target={"roomId": given})
        screen = await a_screen(browser, world, "bob", PHONE)
        await screen.visit("/")

        async def order() -> list[str]:
            found = await screen.page.locator("[data-room]").evaluate_all(
                "all => all.map((each) => each.dataset.room)"
            )
            return [each for each in found if each in {given, newest}]

        rooms = screen.part("open-rooms")
        await expect(rooms).to_have_attribute("data-order", "GIFTERS")
        assert await order() == [given, newest]
        await screen.page.get_by_role("button", name="Newest").click()
        await expect(rooms).to_have_attribute("data-order", "NEWEST")
        assert await order() == [newest, given]
        await screen.keep("lobby")
        await screen.page.get_by_role("link", name="Nobody yet").click()
        await screen.shows("room", "live", attribute="data-phase")
        assert screen.complaints == []


async def test_it_fits_a_phone_and_speaks_to_everybody(world: World, browser: Browser) -> None:
    """Nothing sticks out at the side, everything that can be used has a name."""
    async with a_room(
        world, title="A title that is as long as titles are when hosts are proud"
    ) as (
        host,
        room_id,
    ):
        for user, path in {"bob": f"/room/{room_id}", host: f"/studio/{room_id}"}.items():
            screen = await a_screen(browser, world, user, PHONE)
            await screen.visit(path)
            await expect(screen.part("title")).to_contain_text("A title")
            await expect(screen.part("send" if user == "bob" else "close-room")).to_be_visible()
            width = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
            assert await screen.page.evaluate(width) <= 0
            # Words as wide as WCAG 2.2 (1.4.12) says that readers may make them; fonts differ, too.
            await screen.add_style("* { letter-spacing: 0.12em; word-spacing: 0.16em; }")
            assert await screen.page.evaluate(width) <= 0
            nameless = await screen.page.evaluate(
                """() => [...document.querySelectorAll('button, input, a[href], dialog')]
                  .filter((each) => !(each.textContent.trim() || each.ariaLabel
                    || each.labels?.length || each.getAttribute('aria-labelledby')))
                  .map((each) => each.outerHTML)"""
            )
            assert nameless == []
            assert screen.complaints == []


async def test_a_battle_shows_both_sides(world: World, browser: Browser) -> None:
    """Points, time and what is in use; a real one goes on for minutes, so the test tells of one."""
    async with a_room(world) as (host, room_id):
        screen = await a_screen(browser, world, "bob")
        sender = await world.viewer("alice", coins=2)
        battle = running_battle(host, room_id)
        await tell_frames(screen.page, world, battle)
        await screen.watches(room_id)

        board = screen.part("battle")
        await expect(board).to_contain_text(host)
        await expect(board).to_contain_text("rival")
        await expect(board.locator('[data-value="320"]')).to_be_visible()
        await expect(board).to_contain_text("hidden by a mist")
        await expect(board).to_contain_text(f"Glove · {host}")
        await expect(board).to_contain_text("Mist · rival")
        await expect(board).to_contain_text(re.compile(r"[0-4]:[0-5]\d"))
        await screen.keep("battle")

        battle |= {"status": "ENDED", "winnerRoomId": room_id}
        battle["sides"][1] |= {"points": 100, "hiddenUntil": None}
        # A gift is told of, and the battle with it.
        await world.give(sender, host, target={"roomId": room_id})
        await expect(board).to_contain_text(f"👑 {host}")
        await expect(board).to_contain_text("Over")
        assert screen.complaints == []


async def test_a_battle_that_outlasts_its_room(world: World, browser: Browser) -> None:
    """Who looks at the ending sees how it goes on, and its result when there is one."""
    async with a_room(world) as (host, room_id):
        pass
    screen = await a_screen(browser, world, "bob")
    told: dict[str, Any] = running_battle(host, room_id) | {"endsAt": in_seconds(1)}
    sides = [
        {
            **{name: side[name] for name in ("points", "hits", "combos")},
            "host": {"id": side["creatorId"]},
            "room": {"id": side["roomId"]},
        }
        for side in told["sides"]
    ]
    battle = told | {"sides": sides}

    async def with_battle(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        if body.get("data", {}).get("room"):
            body["data"]["room"]["battle"] = battle
        await route.fulfill(response=answer, json=body)

    await screen.page.route(world.stack.addresses.graphql, with_battle)
    await screen.visit(f"/room/{room_id}")

    board = screen.part("ending").get_by_test_id("battle")
    await expect(board).to_contain_text("hidden by a mist")
    battle |= {"status": "ENDED", "winnerRoomId": room_id}
    await expect(board).to_contain_text(f"👑 {host}")
    assert screen.complaints == []
