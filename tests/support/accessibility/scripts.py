"""What runs in the browser, and the pictures that it looks at."""

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import FloatRect, Page

_NO_TEXT = """
*, *::before, *::after, *::placeholder {
  color: transparent !important; -webkit-text-fill-color: transparent !important;
  text-shadow: none !important; transition: none !important;
}
[data-cut-out] { background: none !important; }
"""
_HIDE = """(css) => {
  for (const each of document.querySelectorAll('*')) {
    each.toggleAttribute('data-cut-out', getComputedStyle(each).backgroundClip === 'text');
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}"""
_SHOW = "() => { document.adoptedStyleSheets.pop(); }"


def script(name: str) -> str:
    """A function of JavaScript, from the file of this name."""
    return (Path(__file__).parent / f"{name}.js").read_text()


async def picture(page: Page, clip: FloatRect | None = None) -> str:
    """What the screen looks like, or a piece of it, as base64 of a PNG; nothing moves in it."""
    shot = await page.screenshot(clip=clip, animations="disabled", scale="css")
    return base64.b64encode(shot).decode()


@asynccontextmanager
async def without_texts(page: Page) -> AsyncGenerator[None]:
    """Within the block the page shows everything but its texts."""
    await page.evaluate(_HIDE, _NO_TEXT)
    try:
        yield
    finally:
        await page.evaluate(_SHOW)
