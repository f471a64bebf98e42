"""A creator's statement of the running month, asked for and downloaded as a creator does."""

import csv
import hashlib
import io
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
        found.update(await _ask(client, token))
        return bool(found) and found["closing"]["microDiamonds"] == owned

    await wait(stated, f"the statement of {creator} closes with what they have")
    return Stated(creator, found, await _download(client, creator, found))


async def stated_line(
    client: Client, token: str, whose: str, kind: str, entry_id: str
) -> Mapping[str, str]:
    """A line of the downloaded statement, by column, once it is there.

    Args:
        client: Asks the gateway, and downloads.
        token: Theirs.
        whose: A creator, or an agency.
        kind: Such as PAID_OUT.
        entry_id: The gift or payout that the line is of.

    Raises:
        GatewayError: The gateway answered with an error where none belongs.
        LocalProblemError: There is no such line, or the document is not the one whose digest the
            statement tells.
    """
    found: dict[str, str] = {}

    async def stated() -> bool:
        statement = await _ask(client, token)
        if not statement:
            return False
        document = await _download(client, whose, statement)
        for line in _lines(document):
            if (line["kind"], line["id"]) == (kind, entry_id):
                found.update(line)
        return bool(found)

    await wait(stated, f"the statement of {whose} has a line {kind} of {entry_id}")
    return found


async def _ask(client: Client, token: str) -> Mapping[str, Any]:
    """The running month's statement; empty where there is none."""
    period = f"{datetime.now(UTC):%Y-%m}"
    seen = await client.ask("Statement", token, period=period)
    return seen["creator"]["statement"] or {}


async def _download(client: Client, whose: str, statement: Mapping[str, Any]) -> bytes:
    document = await client.download(statement["csvUrl"])
    digest = hashlib.sha256(document).hexdigest()
    if digest != statement["sha256"]:
        raise LocalProblemError(
            f"the statement of {whose} has the digest {statement['sha256']}, its document {digest}"
        )
    return document


def _lines(document: bytes) -> csv.DictReader[str]:
    """What stands below the facts, which an empty line ends."""
    _, _, lines = document.decode().partition("\r\n\r\n")
    return csv.DictReader(io.StringIO(lines, newline=""))
