"""Every screen of the page, on a desk and on a phone, for whoever sees little or uses no mouse.

What is told in place of the stack's own word is what it says seldom: a refusal, a battle's end, a
lost connection. The page has one scheme of colours.
"""

from uuid import uuid4

import pytest
from playwright.async_api import Browser, Route, expect

from support.accessibility import faults
from support.browsing import DESKTOP, PHONE, Screen, a_screen
from support.told_battles import SEED, ended_battle, running_battle, tell_desk, tell_frames
from support.watching import a_room
from support.world import World

pytestmark = pytest.mark.stack

YELLOW, PINK = 60, 340
"""The lightest of people's own colours, and one from which other hues of the stage are far."""

on_a_desk_and_on_a_phone = pytest.mark.parametrize(
    ("size", "hue"), [(DESKTOP, YELLOW), (PHONE, PINK)], ids=["desktop", "phone"]
)
OF_NO_ROOM = "/room/00000000-0000-7000-8000-000000000000"


class Faults(list[str]):
    """What was found on a test's screens: told together, as they are mended together."""

    def __init__(self, hue: int) -> None:
        self._hue = hue

    async def look(self, screen: Screen, view: str) -> None:
        """Look at what a screen shows now."""
        self += [f"{view}: {each}" for each in await faults(screen.page, hue=self._hue)]


@on_a_desk_and_on_a_phone
async def test_screens_of_a_viewer(
    world: World, browser: Browser, size: tuple[int, int], hue: int
) -> None:
    """The lobby, a room with all that can be in it, the shop, the end of the room, no room."""
    found = Faults(hue)
    async with a_room(world, title="Can this be read?", goal={"coins": 20}) as (host, room_id):
        sender = await world.viewer("alice", coins=20)
        await world.ask("ShowMeOnBoards", sender, input={"show": True})
        screen = await a_screen(browser, world, sender, size)
        cut_off = await tell_frames(screen.page, world, running_battle(host, room_id))

        await screen.visit("/")
        await expect(screen.page.locator(f'[data-room="{room_id}"]')).to_be_visible()
        await screen.page.get_by_label("Its id or address").fill("somewhere")
        await screen.page.get_by_role("button", name="Watch").click()
        await expect(screen.page.get_by_role("alert")).to_be_visible()
        await found.look(screen, "lobby")

        await screen.watches(room_id)
        await screen.page.get_by_role("button", name="Get coins").click()
        shop = screen.page.get_by_role("dialog")
        await expect(shop.get_by_role("listitem").first).to_be_visible()
        await found.look(screen, "shop")
        await shop.get_by_role("listitem").get_by_role("button").first.click()
        pay = await screen.part("pay").get_attribute("href")
        assert pay is not None
        await found.look(screen, "checkout")
        await world.client.press(pay, "pay")
        await expect(screen.part("coins-came")).to_be_visible()
        await found.look(screen, "coins came")
        await shop.get_by_role("button", name="Close").click()

        await screen.choose("lion")
        await screen.send()
        await expect(screen.page.get_by_role("alert")).to_be_visible()
        message = {"itemId": "ice-cream", "quotedPriceCoins": 1, "message": "well played"}
        await world.give(sender, host, target={"roomId": room_id}, **message)
        await world.give(sender, host, target={"roomId": room_id}, itemId="rose", count=3)
        await expect(screen.line(sender, "rose")).to_be_visible()
        await expect(screen.part("battle")).to_be_visible()
        await cut_off()
        await screen.shows("link", "waiting", attribute="data-link")
        await found.look(screen, "room, connection lost")

    ending = await a_screen(browser, world, sender, size)
    await ending.visit(f"/room/{room_id}")
    await expect(ending.part("ending")).to_contain_text(sender)
    await found.look(ending, "ending")
    await ending.visit(OF_NO_ROOM)
    await expect(ending.part("missing")).to_be_visible()
    await found.look(ending, "missing")
    assert not found, "\n".join(found)


@on_a_desk_and_on_a_phone
async def test_screens_of_a_host(
    world: World, browser: Browser, size: tuple[int, int], hue: int
) -> None:
    """The studio's door, a room on air with its battle desk, and its end."""
    found = Faults(hue)
    async with (
        a_room(world, title="On air") as (host, room_id),
        a_room(world, title="Over there") as (rival, rival_room),
    ):
        screen = await a_screen(browser, world, host, size)
        await screen.page.route(world.stack.addresses.graphql, _refuse_rooms)
        await screen.visit("/studio")
        await screen.number("earned")
        await screen.part("open-room").click()
        await expect(screen.page.get_by_role("alert")).to_be_visible()
        await found.look(screen, "door")

        battle = {"battleId": str(uuid4()), "roomId": rival_room, "rivalRoomId": room_id}
        await world.ask("ProposeBattle", rival, input=battle)
        await screen.visit(f"/studio/{room_id}")
        await expect(screen.part("invitation")).to_be_visible()
        await screen.page.get_by_label("Rival").select_option(value=rival_room)
        await screen.part("propose").click()
        await expect(screen.part("note")).to_be_visible()
        await found.look(screen, "on air")

        told = ended_battle(host, room_id, SEED)
        await tell_desk(screen.page, world, told)
        await screen.part("reveal").locator("summary").click()
        await found.look(screen, "battle revealed")
        told["status"] = "RUNNING"
        await screen.part("use-MIST").click()
        await expect(screen.part("note").and_(screen.page.get_by_role("alert"))).to_be_visible()
        await found.look(screen, "battle")

        await screen.part("close-room").click()
        await expect(screen.part("ending")).to_be_visible()
        await found.look(screen, "over")
    assert not found, "\n".join(found)


async def _refuse_rooms(route: Route) -> None:
    if "PageOpenRoom(" in (route.request.post_data or ""):
        error = {"message": "not now", "extensions": {"code": "FORBIDDEN"}}
        await route.fulfill(response=await route.fetch(), json={"errors": [error]})
    else:
        await route.fallback()


PLANTED = {
    ".missing h1 { background: none; color: #4a4160; }": "contrast: 'There is no such room.'",
    ".missing a { color: #6b5f85; }": "contrast: 'To the lobby'",
    ".who-am-i input { border-color: #ffffff1a; }": 'edge: <input name="as"',
    ".brand:focus-visible { outline: 1px solid #ffffff33; }": 'focus: <a class="brand"',
    ".who-am-i .unseen { display: none; }": "label: ",
}


async def test_what_is_wrong_is_found(world: World, browser: Browser) -> None:
    """A screen without faults has exactly those that a style brings in."""
    screen = await a_screen(browser, world, "bob")
    await screen.visit(OF_NO_ROOM)
    await expect(screen.part("missing")).to_be_visible()
    assert await faults(screen.page, hue=YELLOW) == []
    await screen.add_style("".join(PLANTED))
    found = await faults(screen.page, hue=YELLOW)
    for told in PLANTED.values():
        assert [each for each in found if each.startswith(told)], found
    assert len(found) == len(PLANTED), found
