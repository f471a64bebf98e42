"""The contrast of texts with the pixels that are really behind them."""

from typing import Any

from playwright.async_api import JSHandle, Page

from support.accessibility.scripts import picture, script, without_texts

_TEXT_MIN = 4.5
_LARGE_TEXT_MIN = 3.0

_FIND = script("texts")
_MEASURE = script("ratios")
_BRING_NEXT = """(doubtful) => {
  doubtful.tried ??= new Set();
  const next = doubtful.find((each) => !doubtful.tried.has(each));
  doubtful.tried.add(next);
  next?.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  return next !== undefined;
}"""
_NEVER_SEEN = """(doubtful) => doubtful
  .filter((each) => each.closest('[aria-hidden=true]') === null)
  .map((each) => `contrast: cannot be brought into sight: ${each.outerHTML.slice(0, 120)}`)"""


async def unreadable(page: Page, doubtful: JSHandle) -> list[str]:
    """Those of the doubtful texts that have too little contrast, or cannot be brought into sight.

    Exempt are pictures (emoji), and decoration that something else covers.
    """
    found: list[str] = []
    more = True
    while more:
        texts: list[dict[str, Any]] = await page.evaluate(_FIND, doubtful)
        if texts:
            found += await _too_faint(page, texts)
        more = await page.evaluate(_BRING_NEXT, doubtful)
    return found + await page.evaluate(_NEVER_SEEN, doubtful)


async def _too_faint(page: Page, texts: list[dict[str, Any]]) -> list[str]:
    async with without_texts(page):
        ground = await picture(page)
    ratios: list[float] = await page.evaluate(_MEASURE, [ground, texts])
    return [
        f"contrast: {text['words']!r} ({text['where']}): {ratio:.2f}"
        for text, ratio in zip(texts, ratios, strict=True)
        if ratio < (_LARGE_TEXT_MIN if text["isLarge"] else _TEXT_MIN)
    ]
