"""Screens of the page in a real browser: the system's Chromium, without a window."""

import os
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from local_stack import paths
from support.world import PATIENCE_S, World

SCREENSHOTS = paths.LOCAL / "screenshots"
"""What the screens looked like; kept until the next run."""
BROWSER = "LARGESSE_CHROMIUM"
"""The environment variable that names the browser. Where it is set, there has to be one."""

expect.set_options(timeout=PATIENCE_S * 1_000)

DESKTOP = (1440, 900)
PHONE = (390, 844)

_KNOWN_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_REMEDY = (
    "install one (Debian: apt-get install chromium; macOS: brew install --cask chromium),"
    f" or name it in {BROWSER}"
)


def find_browser() -> str:
    """The path of the system's Chromium; without one the test is skipped, and says why."""
    named = os.environ.get(BROWSER)
    if named is not None:
        found = shutil.which(named)
        assert found is not None, f"there is no {named}, which {BROWSER} names: {_REMEDY}"
        return found
    found = next(filter(None, map(shutil.which, _KNOWN_NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium on PATH, so the page was not looked at: {_REMEDY}")
    return found


@asynccontextmanager
async def a_browser() -> AsyncGenerator[Browser]:
    """A browser of its own. Its windows share nothing with each other."""
    path = find_browser()
    async with async_playwright() as playwright:
        # Without a sandbox: there is none for root, and what is shown is ours.
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


class Screen:
    """One window, and the user who looks at it."""

    def __init__(self, page: Page, origin: str, user: str) -> None:
        self.page = page
        self.user = user
        self.complaints: list[str] = []
        """What the page's script has failed at."""
        self._origin = origin
        page.set_default_timeout(PATIENCE_S * 1_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def visit(self, path: str) -> None:
        """Open an address of the page as this screen's user."""
        await self.page.goto(f"{self._origin}{path}?as={self.user}")

    async def add_style(self, css: str) -> None:
        """Add to the page's style, in the one way that its security policy leaves open."""
        await self.page.evaluate(
            """(css) => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(css);
              document.adoptedStyleSheets.push(sheet);
            }""",
            css,
        )

    def part(self, name: str) -> Locator:
        """What the page calls so, for tests."""
        return self.page.get_by_test_id(name)

    def line(self, sender: str, item: str) -> Locator:
        """What the log tells of a sender and an item."""
        chosen = f'[data-testid="line"][data-sender="{sender}"][data-item="{item}"]'
        return self.page.locator(chosen)

    async def shows(self, name: str, value: object, *, attribute: str = "data-value") -> None:
        """Wait until a part shows a value."""
        part = self.part(name)
        await expect(part).to_have_attribute(attribute, str(value))

    async def number(self, name: str, *, attribute: str = "data-value") -> int:
        """What a part shows, as soon as it shows anything."""
        part = self.part(name)
        digits = re.compile(r"^\d+$")
        await expect(part).to_have_attribute(attribute, digits)
        return int(await part.get_attribute(attribute) or 0)

    async def watches(self, room_id: str) -> None:
        """Open a room and wait until its frames come."""
        await self.visit(f"/room/{room_id}")
        await self.shows("room", "live", attribute="data-phase")
        await self.number("delivery", attribute="data-seq")

    async def choose(self, item_id: str) -> None:
        """Choose what the next gift is."""
        await self.page.locator(f'.items input[value="{item_id}"]').check()

    async def send(self) -> None:
        """Press the button that gives."""
        await self.part("send").click()

    async def keep(self, name: str) -> Path:
        """Keep a picture of the screen."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        file = SCREENSHOTS / f"{name}.png"
        await self.page.screenshot(path=file)
        return file


async def a_screen(
    browser: Browser,
    world: World,
    user: str,
    size: tuple[int, int] = DESKTOP,
    *,
    moves: bool = False,
) -> Screen:
    """A window for a user. Little moves in it unless asked to: the processor draws it all."""
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        reduced_motion="no-preference" if moves else "reduce",
    )
    return Screen(await context.new_page(), world.stack.addresses.url("demo-page"), user)
