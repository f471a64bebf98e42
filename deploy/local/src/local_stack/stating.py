"""A creator's statement of the running month, asked for and downloaded as a creator does."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from local_stack.client import Client
from local_stack.problem import LocalProblemError
from local_stack.waiting import wait


class Stated(NamedTuple):
    """A statement, and the document that its link led to."""

    creator: str
    statement: Mapping[str, Any]
    csv: bytes


async def state(client: Client, token: str, creator: str, earnings: Mapping[str, Any]) -> Stated:
    """Get the statement once it holds all that the creator's earnings do, and download it.

    Args:
        client: Asks the gateway, and downloads.
        token: The creator's.
        creator: Who.
        earnings: Theirs, at rest.

    Raises:
        GatewayError: The gateway answered with an error where none belongs.
        LocalProblemError: The statement does not agree with the earnings, or the document is not
            the one whose digest the statement tells.
    """
    owned = earnings["pending"]["microDiamonds"] + earnings["available"]["microDiamonds"]
    found: dict[str, Any] = {}

    async def stated() -> bool:
        period = f"{datetime.now(UTC):%Y-%m}"
        seen = await client.ask("Statement", token, period=period)
        found.update(seen["creator"]["statement"] or {})
        return bool(found) and found["closing"]["microDiamonds"] == owned

    await wait(stated, f"the statement of {creator} closes with what they have")
    csv = await client.download(found["csvUrl"])
    digest = hashlib.sha256(csv).hexdigest()
    if digest != found["sha256"]:
        raise LocalProblemError(
            f"the statement of {creator} has the digest {found['sha256']}, its document {digest}"
        )
    return Stated(creator, found, csv)
