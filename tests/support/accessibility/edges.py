"""Where a field is, and where the focus is: what shows it stands out from what is beside it."""

from playwright.async_api import FloatRect, Page

from support.accessibility.scripts import picture, script, without_texts

_CONTRAST_MIN = 3.0
_MARGIN_PX = 8
_STOPS_MAX = 60

_FIELDS = "input:visible, select:visible, textarea:visible"
_IS_DRAWN = "(field) => !field.disabled && getComputedStyle(field).opacity !== '0'"
_MEASURE = script("fields")
_STOP = """(seen) => {
  const stop = document.activeElement;
  if (stop === null || stop === document.body) return 'outside';
  if (seen.has(stop)) return 'again';
  seen.add(stop);
  const { x, y, width, height } = stop.getBoundingClientRect();
  return [stop.outerHTML.slice(0, 120), { x, y, width, height }];
}"""
_CHANGED = script("changed")


async def faint_fields(page: Page) -> list[str]:
    """Fields whose edge does not stand out on each side."""
    found: list[str] = []
    modal = page.locator("dialog:modal")
    within = modal if await modal.count() else page.locator("body")
    for field in await within.locator(_FIELDS).all():
        if not await field.evaluate(_IS_DRAWN):
            continue
        await field.scroll_into_view_if_needed()
        box = await field.bounding_box()
        assert box is not None
        clip = _around(page, box)
        async with without_texts(page):
            shot = await picture(page, clip)
        ratio: float = await page.evaluate(_MEASURE, [shot, _within(box, clip)])
        if ratio < _CONTRAST_MIN:
            html: str = await field.evaluate("(field) => field.outerHTML")
            found.append(f"edge: {html[:120]}: {ratio:.2f}")
    return found


async def faint_focus(page: Page) -> list[str]:
    """What the Tab key comes to without a change that is to be seen.

    It has to change as many pixels as a line of 2 px around it has, each by the contrast wanted:
    the measure of success criterion 2.4.13.
    """
    seen = await page.evaluate_handle("() => new Set()")
    found: list[str] = []
    for _ in range(_STOPS_MAX):
        await page.keyboard.press("Tab")
        stop: str | tuple[str, FloatRect] = await page.evaluate(_STOP, seen)
        if stop == "again":
            break
        if isinstance(stop, str):
            continue
        html, box = stop
        clip = _around(page, box)
        focused = await picture(page, clip)
        # Tab goes on from here all the same.
        await page.evaluate("document.activeElement.blur()")
        blurred = await picture(page, clip)
        changed: int = await page.evaluate(
            _CHANGED, [focused, blurred, _within(box, clip), _CONTRAST_MIN]
        )
        wanted = 2 * 2 * (box["width"] + box["height"])
        if changed < wanted:
            found.append(f"focus: {html}: {changed} of {wanted:.0f} pixels")
    assert await seen.evaluate("(seen) => seen.size") > 0, "the Tab key comes to nothing"
    return found


def _around(page: Page, box: FloatRect) -> FloatRect:
    """The piece of the screen that shows a box and a little of what is beside it."""
    size = page.viewport_size
    assert size is not None
    left, top = max(0, int(box["x"]) - _MARGIN_PX), max(0, int(box["y"]) - _MARGIN_PX)
    right = min(size["width"], int(box["x"] + box["width"]) + _MARGIN_PX)
    bottom = min(size["height"], int(box["y"] + box["height"]) + _MARGIN_PX)
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def _within(box: FloatRect, clip: FloatRect) -> FloatRect:
    """A box as seen from the corner of a clip."""
    return {
        "x": box["x"] - clip["x"],
        "y": box["y"] - clip["y"],
        "width": box["width"],
        "height": box["height"],
    }
