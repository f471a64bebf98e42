"""A front end in miniature: sends the documents of front ends and operators to the gateway."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator
from functools import cache
from typing import Any, Final, Self

import httpx

from local_stack.operations import back_office_documents, documents
from local_stack.payment_page import use_page

_TOO_MANY_REQUESTS = 429
_TRIES_MAX = 20
_SILENT_MAX_S: Final = 60.0
"""The hub says that it is there more often than this."""


class GatewayError(Exception):
    """The gateway answered with a top-level error instead of data.

    `code` is its stable code, such as UNAUTHENTICATED.
    """

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code


def http_client(**options: Any) -> httpx.AsyncClient:  # noqa: ANN401
    """A client for what is on this machine: no proxy, no netrc, whatever the environment says."""
    return httpx.AsyncClient(timeout=30, trust_env=False, verify=_tls(), **options)


@cache
def _tls() -> ssl.SSLContext:
    # Making one reads every authority that there is, 17 ms: too long for each client again.
    return httpx.create_ssl_context(trust_env=False)


class Client:
    """Asks the gateway on behalf of any user. A context manager: it keeps connections open."""

    def __init__(self, graphql_url: str, *, connections_max: int = 64) -> None:
        self._url = graphql_url
        self._http = http_client(limits=httpx.Limits(max_connections=connections_max))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(
        self,
        operation: str,
        token: str | None = None,
        **variables: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Send one document and return its single root field.

        A request that the gateway turns away as one too many is sent again when it says so.

        Raises:
            GatewayError: The answer holds a top-level error.
            httpx.HTTPError: The gateway does not answer.
        """
        body = _body(operation, variables)
        headers = _headers(token)
        response = await self._http.post(self._url, json=body, headers=headers)
        tries = 1
        while response.status_code == _TOO_MANY_REQUESTS and tries < _TRIES_MAX:
            await asyncio.sleep(float(response.headers.get("retry-after", "1")))
            response = await self._http.post(self._url, json=body, headers=headers)
            tries += 1
        return _value(operation, response.json())

    async def watch(
        self,
        operation: str,
        token: str | None = None,
        **variables: Any,  # noqa: ANN401
    ) -> AsyncGenerator[Any]:
        """Subscribe by one document, over server-sent events; its root field, each time it is told.

        Ends when the stream does: whoever wants to know whether that was for good looks at what was
        told last.

        Raises:
            GatewayError: An answer holds a top-level error.
            httpx.HTTPError: The gateway does not answer, or the stream broke.
        """
        headers = _headers(token) | {"accept": "text/event-stream"}
        timeout = httpx.Timeout(30, read=_SILENT_MAX_S)
        body = _body(operation, variables)
        async with self._http.stream(
            "POST", self._url, json=body, headers=headers, timeout=timeout
        ) as response:
            if not response.headers["content-type"].startswith("text/event-stream"):
                _value(operation, json.loads(await response.aread()))
            event = ""
            # One line of data each: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
            async for line in response.aiter_lines():
                name, _, said = line.partition(":")
                if name == "event":
                    event = said.strip()
                elif name == "data" and event == "next":
                    yield _value(operation, json.loads(said))

    async def pay(self, checkout_url: str) -> str:
        """Pay on the payment provider's page; returns the page that says so.

        Raises:
            httpx.HTTPError: The provider does not answer, or refuses.
            LocalProblemError: The page has no button for it.
        """
        return await use_page(self._http, checkout_url, "Pay")

    async def download(self, url: str) -> bytes:
        """What a link leads to, for whoever has it.

        Raises:
            httpx.HTTPError: Nobody answers, or nothing is there.
        """
        response = await self._http.get(url)
        response.raise_for_status()
        return response.content

    async def press(self, checkout_url: str, button: str) -> None:
        """Do what a button, `pay` or `decline`, on the payment provider's page does.

        Raises:
            httpx.HTTPError: The provider does not answer, or refuses.
        """
        response = await self._http.post(f"{checkout_url}/{button}")
        if response.status_code >= 400:
            response.raise_for_status()


def _body(operation: str, variables: dict[str, Any]) -> dict[str, Any]:
    return {
        "query": (documents() | back_office_documents())[operation],
        "operationName": operation,
        "variables": variables,
    }


def _headers(token: str | None) -> dict[str, str]:
    return {} if token is None else {"authorization": f"Bearer {token}"}


def _value(operation: str, answer: Any) -> Any:  # noqa: ANN401
    """The single root field of an answer."""
    for error in answer.get("errors", ()):
        code = error.get("extensions", {}).get("code", "NO_CODE")
        raise GatewayError(operation, code, error["message"])
    (value,) = answer["data"].values()
    return value
