"""Freezing a gift and deciding on it, as front ends do; and who is told that it is frozen."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis import ids
from chassis.auth import Viewer
from chassis.testing.databases import Database
from contracts.gifts.v1 import GiftSent
from payouts.testing import a_gift, assert_books_balance
from payouts.testing.asking import answer_to
from payouts.testing.deciding import need_second_operator
from payouts.testing.paying import NOW
from payouts.testing.quarantining import freeze
from payouts.testing.telling import deliver

STAR = Viewer("star", frozenset({"viewer", "creator"}))
SENDER = Viewer("viewer", frozenset({"viewer", "creator"}))
OTTO = Viewer("otto", frozenset({"operator:payouts"}))
OLGA = Viewer("olga", frozenset({"operator:payouts"}))
AUDITOR = Viewer("ada", frozenset({"operator:audit"}))

FREEZE = """mutation ($input: QuarantineGiftInput!) { quarantineGift(input: $input) {
  __typename
  ... on QuarantineGiftPayload { replayed gift { id quarantine { id status note giftId } } }
  ... on Refusal { code message } ... on QuarantineDecided { status }
} }"""
RELEASE = """mutation ($input: ReleaseQuarantinedGiftInput!) {
  releaseQuarantinedGift(input: $input) {
    __typename
    ... on ReleaseQuarantinedGiftPayload { quarantine { status decidedAt endedAt } }
    ... on Refusal { code message } ... on QuarantineDecided { status }
  }
}"""
RETURN = """mutation ($input: ReturnQuarantinedGiftInput!) {
  returnQuarantinedGift(input: $input) {
    __typename
    ... on ReturnQuarantinedGiftPayload { quarantine { status decidedAt endedAt } }
    ... on Refusal { code message } ... on QuarantineDecided { status }
  }
}"""
LIST = """query ($first: Int, $after: String, $last: Int, $before: String) {
  quarantinedGifts(first: $first, after: $after, last: $last, before: $before) {
    nodes { giftId status worth { amountMinor currency } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
GIFTS = """query ($gifts: [_Any!]!) {
  _entities(representations: $gifts) { ... on Gift { id quarantine { status } } }
}"""


async def ask(
    database: Database,
    query: str,
    viewer: Viewer | None = STAR,
    *,
    now: datetime = NOW,
    **variables: object,
) -> Any:
    return await answer_to(database.pool, viewer, query, variables, now)


async def given(database: Database, coins: int = 10_000) -> GiftSent:
    gift = a_gift(coins)
    await deliver(database.pool, gift, at=NOW)
    return gift


async def test_frozen_and_let_go(database: Database) -> None:
    """Asked for again, each answers the same; what was decided stands."""
    gift = await given(database)
    order = {"quarantineId": str(ids.uuid7()), "giftId": str(gift.gift_id), "note": "  who? "}
    decision = {"quarantineId": order["quarantineId"], "reason": "a fan"}

    first, again = [await ask(database, FREEZE, input=order) for _ in range(2)]
    done, repeated = [await ask(database, RELEASE, OTTO, input=decision) for _ in range(2)]
    late = await ask(database, RETURN, OTTO, input=decision)

    assert first["data"]["quarantineGift"] == {
        "__typename": "QuarantineGiftPayload",
        "replayed": False,
        "gift": {
            "id": str(gift.gift_id),
            "quarantine": {
                "id": order["quarantineId"],
                "status": "FROZEN",
                "note": "who?",
                "giftId": str(gift.gift_id),
            },
        },
    }
    assert again["data"]["quarantineGift"]["replayed"] is True
    assert done == repeated
    assert done["data"]["releaseQuarantinedGift"]["quarantine"]["status"] == "RELEASED"
    refused = late["data"]["returnQuarantinedGift"]
    assert (refused["code"], refused["status"]) == ("quarantine_decided", "RELEASED")
    await assert_books_balance(database.pool)


async def test_much_is_given_back_by_two(database: Database) -> None:
    """The first is told that a second has to ask."""
    await need_second_operator(database.pool, USD=1)
    frozen = (await freeze(database.pool, await given(database), at=NOW)).quarantine
    decision = {"quarantineId": str(frozen.quarantine_id), "reason": "a stolen card"}

    first, second = [await ask(database, RETURN, each, input=decision) for each in (OTTO, OLGA)]

    assert first["data"]["returnQuarantinedGift"]["code"] == "approval_needed"
    returned = second["data"]["returnQuarantinedGift"]["quarantine"]
    assert (returned["status"], returned["endedAt"]) == ("RETURNED", None)


@pytest.mark.parametrize(
    ("viewer", "status", "code"),
    [
        (STAR, "FROZEN", None),
        (OTTO, "FROZEN", None),
        (AUDITOR, "FROZEN", None),
        (SENDER, None, None),
        (Viewer("star", frozenset({"viewer"})), None, "FORBIDDEN"),
        (None, None, "UNAUTHENTICATED"),
    ],
    ids=["creator", "operator", "auditor", "sender", "unscoped", "nobody"],
)
async def test_who_is_told_that_a_gift_is_frozen(
    database: Database, viewer: Viewer | None, status: str | None, code: str | None
) -> None:
    """Its sender sees what they see of any gift that is not frozen."""
    gift, other = await given(database), await given(database)
    await freeze(database.pool, gift, at=NOW)
    gifts = [{"__typename": "Gift", "id": str(each.gift_id)} for each in (gift, other)]

    body = await ask(database, GIFTS, viewer, gifts=gifts)
    assert "data" in body, body

    frozen, loose = body["data"]["_entities"]
    assert frozen["quarantine"] == (status and {"status": status})
    assert loose["quarantine"] is None
    assert {each["extensions"]["code"] for each in body.get("errors", [])} == ({code} - {None})


async def test_what_is_frozen_in_pages(database: Database) -> None:
    """Newest first, and back; what was let go is in none of them."""
    gifts = [await given(database, 400 * (place + 1)) for place in range(4)]
    for place, gift in enumerate(gifts):
        frozen = (await freeze(database.pool, gift, at=NOW + timedelta(seconds=place))).quarantine
        if place == 1:
            decision = {"quarantineId": str(frozen.quarantine_id), "reason": "a fan"}
            await ask(database, RELEASE, OTTO, input=decision)

    page = (await ask(database, LIST, OTTO, first=2))["data"]["quarantinedGifts"]
    rest = (await ask(database, LIST, AUDITOR, first=2, after=page["pageInfo"]["endCursor"]))[
        "data"
    ]["quarantinedGifts"]
    back = (await ask(database, LIST, OTTO, last=2, before=rest["pageInfo"]["startCursor"]))[
        "data"
    ]["quarantinedGifts"]

    assert [node["giftId"] for node in page["nodes"] + rest["nodes"]] == [
        str(gifts[place].gift_id) for place in (3, 2, 0)
    ]
    assert page["nodes"][0]["worth"] == {"amountMinor": 400, "currency": "USD"}
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert back["nodes"] == page["nodes"]


@pytest.mark.parametrize("note", ["x" * 501, "a\x00b", "\u202e"], ids=["long", "zero", "turned"])
async def test_a_note_is_plain_text(database: Database, note: str) -> None:
    order = {"quarantineId": str(ids.uuid7()), "giftId": str(ids.uuid7()), "note": note}

    body = await ask(database, FREEZE, input=order)

    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
