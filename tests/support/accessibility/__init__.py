"""What keeps people from using a screen, by WCAG 2.2 AA.

axe-core judges names, roles, structure, targets, and the contrast of what stands on plain ground.
Most of the page's texts stand on gradients, of which it says that it cannot tell: `texts.py` does.
It does not look at where a field is and where the focus is: `edges.py` does.
"""

from typing import Any

from playwright.async_api import Page

from local_stack import paths
from support.accessibility.edges import faint_fields, faint_focus
from support.accessibility.scripts import script
from support.accessibility.texts import unreadable

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = (paths.PAGE_SOURCE / "node_modules" / "axe-core" / "axe.min.js").read_text()
_SET_HUE = """(hue) => document.querySelectorAll('[style*="--hue"]')
  .forEach((each) => each.style.setProperty('--hue', hue))"""
_LOOK = script("look")
_JUDGE = script("judge")


async def faults(page: Page, *, hue: int) -> list[str]:
    """What is wrong with the screen as it is now, one line each; by keyboard, too.

    Args:
        page: Shows the screen.
        hue: In degrees, of everybody's own colour, which follows from their name otherwise.
    """
    await page.evaluate(_SET_HUE, str(hue))
    await page.evaluate(_AXE)
    await page.evaluate(_LOOK)
    judged = await page.evaluate_handle(_JUDGE, _TAGS)
    found: dict[str, Any] = await judged.evaluate(
        "({ faults, unjudged }) => ({ faults, unjudged })"
    )
    doubtful = await judged.get_property("doubtful")
    return [
        *found["faults"],
        *found["unjudged"],
        *await unreadable(page, doubtful),
        *await faint_fields(page),
        *await faint_focus(page),
    ]
