"""The payment provider's page, read and used as a browser does."""

from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urljoin

import httpx

from local_stack.problem import LocalProblemError


class Form(NamedTuple):
    """A form of a page: what its button says, and what pressing it does."""

    button: str
    method: str
    action: str


async def use_page(http: httpx.AsyncClient, url: str, button: str) -> str:
    """Open a page, send the form under a button, and return the page that one ends on.

    Raises:
        httpx.HTTPError: The provider does not answer, or refuses.
        LocalProblemError: The page has no such button.
    """
    page = await http.get(url)
    page.raise_for_status()
    form = next((each for each in forms(page.text) if each.button == button), None)
    if form is None:
        raise LocalProblemError(f"the page at {url} has no button {button!r}")
    answer = await http.request(form.method, urljoin(url, form.action), follow_redirects=True)
    answer.raise_for_status()
    return answer.text


def forms(page: str) -> list[Form]:
    """The forms of a page, in order."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: tuple[str, str] | None = None
        self._button: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            given = dict(attrs)
            self._form = (given.get("method") or "get").upper(), given.get("action") or ""
        elif tag == "button" and self._form is not None:
            self._button = ""

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "button" and self._button is not None and self._form is not None:
            self.forms.append(Form(self._button.strip(), *self._form))
            self._button = None
