"""What the subgraph answers, and to whom."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.auth import Viewer
from chassis.db import transaction
from chassis.testing.databases import Database
from payouts.commands.accrue_gifts import accrue_gifts
from payouts.domain.accrual import accrue
from payouts.domain.rates import RateBook
from payouts.testing import SENT_AT, a_gift, a_rate, a_slice
from payouts.testing.asking import answer_to

STAR = Viewer("star", frozenset({"viewer", "creator"}))

CREATOR = """
query Creator($id: ID!) {
  creator(id: $id) {
    id
    earnings {
      pending { microDiamonds worth { amountMinor currency } }
      available { microDiamonds worth { amountMinor currency } }
      lifetime { microDiamonds }
      maturing(first: 10) { nodes { maturesOn microDiamonds } }
    }
  }
}
"""
ENTITIES = """
query Entities($creators: [_Any!]!) {
  _entities(representations: $creators) {
    ... on Creator { id earnings { lifetime { microDiamonds worth { amountMinor } } } }
  }
}
"""
MATURING = """
query Maturing($first: Int, $after: String, $last: Int, $before: String) {
  creator(id: "star") {
    earnings {
      maturing(first: $first, after: $after, last: $last, before: $before) {
        nodes { maturesOn microDiamonds }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }
}
"""


async def ask(
    database: Database,
    query: str,
    viewer: Viewer | None = STAR,
    *,
    variables: dict[str, object] | None = None,
    now: datetime = SENT_AT,
) -> Any:
    return await answer_to(database.pool, viewer, query, variables or {}, now)


@pytest.fixture
async def earned(database: Database) -> Database:
    """The star earned 2.5 diamonds that mature in 30 days, 5.5 in 60, and 3 that are safe."""
    gifts = [
        a_gift(
            slices=[
                a_slice(5, refundable_until=SENT_AT + timedelta(days=29)),
                a_slice(11, refundable_until=SENT_AT + timedelta(days=59)),
                a_slice(6, refundable_until=SENT_AT - timedelta(days=59)),
            ]
        ),
        a_gift(8, creator_id="other"),
    ]
    book = RateBook([a_rate()])
    async with transaction(database.pool) as conn:
        await accrue_gifts(conn, [accrue(gift, book) for gift in gifts], shard=0, at=SENT_AT)
    return database


async def test_earnings_of_the_creator(earned: Database) -> None:
    """The document that front ends send, word for word; half a cent is rounded down."""
    body = await ask(earned, CREATOR, variables={"id": "star"})

    assert body == {
        "data": {
            "creator": {
                "id": "star",
                "earnings": {
                    "pending": {
                        "microDiamonds": 8_000_000,
                        "worth": {"amountMinor": 4, "currency": "USD"},
                    },
                    "available": {
                        "microDiamonds": 3_000_000,
                        "worth": {"amountMinor": 1, "currency": "USD"},
                    },
                    "lifetime": {"microDiamonds": 11_000_000},
                    "maturing": {
                        "nodes": [
                            {"maturesOn": "2026-06-09", "microDiamonds": 2_500_000},
                            {"maturesOn": "2026-07-09", "microDiamonds": 5_500_000},
                        ]
                    },
                },
            }
        }
    }


async def test_what_matures_becomes_available_at_midnight(earned: Database) -> None:
    """No job moves anything: the day alone decides."""
    midnight = datetime(2026, 6, 9, tzinfo=SENT_AT.tzinfo)

    before = await ask(
        earned, CREATOR, variables={"id": "star"}, now=midnight - timedelta(microseconds=1)
    )
    after = await ask(earned, CREATOR, variables={"id": "star"}, now=midnight)

    earnings = [body["data"]["creator"]["earnings"] for body in (before, after)]
    assert [each["available"]["microDiamonds"] for each in earnings] == [3_000_000, 5_500_000]
    assert [each["pending"]["microDiamonds"] for each in earnings] == [8_000_000, 5_500_000]
    assert [len(each["maturing"]["nodes"]) for each in earnings] == [2, 1]


async def test_who_has_earned_nothing_has_zero(database: Database) -> None:
    newcomer = Viewer("newcomer", frozenset({"creator"}))

    body = await ask(database, CREATOR, newcomer, variables={"id": "newcomer"})

    nothing = {"microDiamonds": 0, "worth": {"amountMinor": 0, "currency": "USD"}}
    assert body["data"]["creator"]["earnings"] == {
        "pending": nothing,
        "available": nothing,
        "lifetime": {"microDiamonds": 0},
        "maturing": {"nodes": []},
    }


@pytest.mark.parametrize(
    ("viewer", "code"),
    [
        (None, "UNAUTHENTICATED"),
        (Viewer("star", frozenset({"viewer"})), "FORBIDDEN"),
        (Viewer("other", frozenset({"viewer", "creator"})), "FORBIDDEN"),
        (Viewer("other", frozenset({"operator:refunds", "operator:catalogue"})), "FORBIDDEN"),
        (STAR, None),
        (Viewer("clerk", frozenset({"operator:payouts"})), None),
        (Viewer("auditor", frozenset({"operator:audit"})), None),
    ],
)
async def test_earnings_are_the_creators_and_operators_only(
    earned: Database, viewer: Viewer | None, code: str | None
) -> None:
    """By either way in: the query's own field, or the gateway's look-up of an entity."""
    asked = await ask(earned, CREATOR, viewer, variables={"id": "star"})
    joined = await ask(
        earned, ENTITIES, viewer, variables={"creators": [{"__typename": "Creator", "id": "star"}]}
    )

    for body in (asked, joined):
        codes = [error["extensions"]["code"] for error in body.get("errors", [])]
        assert codes == ([] if code is None else [code])
    shown = asked["data"]["creator"]["earnings"] is not None
    assert shown == (joined["data"]["_entities"][0]["earnings"] is not None) == (code is None)


@pytest.mark.parametrize("id_", ["", "a b", "x" * 65, "star\n", "<script>"])
async def test_malformed_id_is_nobody(database: Database, id_: str) -> None:
    assert await ask(database, CREATOR, variables={"id": id_}) == {"data": {"creator": None}}


async def test_many_creators_cost_one_statement(earned: Database) -> None:
    """An operator's list of creators is read together."""
    clerk = Viewer("clerk", frozenset({"operator:payouts"}))
    creators = [
        {"__typename": "Creator", "id": creator_id} for creator_id in ("star", "other", "nobody")
    ]
    async with earned.pool.acquire() as conn:
        statements: list[str] = []
        conn.add_query_logger(lambda query: statements.append(query.query))

    body = await ask(earned, ENTITIES, clerk, variables={"creators": creators})

    amounts = [
        entity["earnings"]["lifetime"]["microDiamonds"] for entity in body["data"]["_entities"]
    ]
    assert amounts == [11_000_000, 4_000_000, 0]
    assert len([text for text in statements if "earning_free" in text]) == 1


async def test_schedule_in_pages(earned: Database) -> None:
    """Forward and backward, and to the ends of the list."""

    async def page(**arguments: object) -> Any:
        body = await ask(earned, MATURING, variables=arguments)
        return body["data"]["creator"]["earnings"]["maturing"]

    first = await page(first=1)
    second = await page(first=1, after=first["pageInfo"]["endCursor"])
    last = await page(last=1)
    before_last = await page(last=1, before=last["pageInfo"]["startCursor"])

    assert [node["maturesOn"] for node in first["nodes"]] == ["2026-06-09"]
    assert [node["maturesOn"] for node in second["nodes"]] == ["2026-07-09"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert second["pageInfo"]["hasNextPage"] is False
    assert last["nodes"] == second["nodes"]
    assert before_last["nodes"] == first["nodes"]
    assert before_last["pageInfo"]["hasPreviousPage"] is False


@pytest.mark.parametrize(
    "arguments",
    [{"first": 0}, {"first": 101}, {"first": -1}, {"after": "nonsense"}, {"first": 1, "last": 1}],
)
async def test_bad_pages_are_refused(earned: Database, arguments: dict[str, object]) -> None:
    body = await ask(earned, MATURING, variables=arguments)

    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]
