"""What creators were given, by gifter, item and day, ties with their accounts (C50)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.auth import Viewer
from chassis.batch import Batch, Received
from chassis.db import Pool, transact, transaction
from chassis.testing.databases import Database, migrated
from chassis.testing.plugin import Servers
from contracts.event import Event
from contracts.gifts.v1 import GIFT, GiftReinstated, GiftReversed, GiftSent
from payouts.commands.fold_figures import fold_figures
from payouts.commands.publish_rates import publish_rates
from payouts.consumers.gift_sent import GiftHandler
from payouts.testing import a_gift, a_rate, a_slice, altered, given_back, taken_back
from payouts.testing.asking import answer_to
from payouts.testing.stating import tick

DAY = datetime(2026, 5, 10, tzinfo=UTC)
NOW = DAY + timedelta(days=10)
REFUNDABLE_UNTIL = DAY + timedelta(days=60)
STAR = Viewer("star", frozenset({"viewer", "creator"}))
ANALYTICS = """
query ($from: Date!, $to: Date!, $by: AnalyticsBreakdown!, $first: Int, $after: String) {
  creator(id: "star") {
    earnings { lifetime { microDiamonds } }
    analytics(from: $from, to: $to, by: $by, first: $first, after: $after) {
      asOf totalGifts totalCoins totalMicroDiamonds totalReversedCoins totalReversedMicroDiamonds
      nodes { key gifts coins microDiamonds reversedCoins reversedMicroDiamonds }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
FIELDS = ("gifts", "coins", "microDiamonds", "reversedCoins", "reversedMicroDiamonds")


async def run(pool: Pool, viewer: Viewer | None = STAR, **variables: Any) -> Any:
    asked = {"from": "2026-05-01", "to": "2026-06-01", "by": "DAY", **variables}
    return await answer_to(pool, viewer, ANALYTICS, asked, NOW)


async def analytics(pool: Pool, **variables: Any) -> Any:
    body = await run(pool, **variables)
    assert "errors" not in body, body
    return body["data"]["creator"]["analytics"]


async def walked(pool: Pool, **variables: Any) -> list[Any]:
    """All nodes, page by page."""
    nodes: list[Any] = []
    page: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:
        after = page["pageInfo"]["endCursor"]
        page = await analytics(pool, **{"first": 2, "after": after, **variables})
        nodes += page["nodes"]
    return nodes


async def apply(pool: Pool, *events: Event, at: datetime = NOW) -> None:
    """As the consumer does."""
    received = [Received(event, 0, place, None) for place, event in enumerate(events)]
    batch = Batch(GIFT.name, received, 0)
    async with transaction(pool) as conn:
        await GiftHandler(now=lambda: at).apply(conn, batch)
    assert batch.set_aside_reasons == {}


def given_by(
    sender_id: str, item_id: str, coins: int, at: datetime, *, lot_id: int = 7, **changes: Any
) -> GiftSent:
    part = a_slice(coins, lot_id=lot_id, refundable_until=REFUNDABLE_UNTIL)
    gift = a_gift(slices=[part], sent_at=at, **changes)
    return altered(gift, sender_id=sender_id, item_id=item_id)  # type: ignore[return-value]


def reversed_(gift: GiftSent, coins: int) -> GiftReversed:
    return taken_back(gift, coins, at=NOW, reason="refund")


def reinstated(of: GiftReversed) -> GiftReinstated:
    return given_back(of, at=NOW)


async def test_figures_are_per_gifter_item_and_day(database: Database) -> None:
    """Each gift on its day in UTC; most coins first, days in order; nobody else's are in them."""
    pool = database.pool
    last_moment = DAY + timedelta(days=1, microseconds=-1)
    await apply(
        pool,
        given_by("alice", "rose", 10, DAY),
        given_by("bob", "rose", 20, last_moment),
        given_by("alice", "lion", 30, DAY + timedelta(days=1)),
        given_by("alice", "lion", 99, DAY, creator_id="other"),
    )
    await tick(pool, NOW)

    found = await analytics(pool, by="DAY")

    assert found["asOf"] == NOW.isoformat()
    assert (found["totalGifts"], found["totalCoins"], found["totalMicroDiamonds"]) == (
        *(3, 60, 30_000_000),
    )
    assert [(node["key"], node["gifts"], node["coins"]) for node in found["nodes"]] == [
        ("2026-05-10", 2, 30),
        ("2026-05-11", 1, 30),
    ]
    for by, expected in (
        ("GIFTER", [("alice", 2, 40), ("bob", 1, 20)]),
        ("ITEM", [("lion", 1, 30), ("rose", 2, 30)]),
    ):
        nodes = (await analytics(pool, by=by))["nodes"]
        assert [(node["key"], node["gifts"], node["coins"]) for node in nodes] == expected
    half = await analytics(pool, by="GIFTER", **{"from": "2026-05-10", "to": "2026-05-11"})
    assert (half["totalCoins"], len(half["nodes"])) == (30, 2)


async def test_what_is_taken_back_is_taken_off_the_gifts_day(database: Database) -> None:
    """However late, and whether or not the creator bears it; and given back there."""
    pool = database.pool
    old, new = given_by("alice", "rose", 10, DAY), given_by("bob", "lion", 20, NOW)
    await apply(pool, old, new)
    await tick(pool, NOW)
    first, second = reversed_(old, 4), reversed_(new, 20)
    await apply(pool, first)
    # Nothing is taken of what has matured: the payer's coins are, all the same.
    await apply(pool, second, at=REFUNDABLE_UNTIL + timedelta(days=2))
    await tick(pool, NOW + timedelta(hours=1))

    [day, other] = (await analytics(pool))["nodes"]
    await apply(pool, reinstated(first))
    await tick(pool, NOW + timedelta(hours=2))
    again = (await analytics(pool))["nodes"][0]

    assert [day[name] for name in FIELDS] == [1, 6, 3_000_000, 4, 2_000_000]
    assert [other[name] for name in FIELDS] == [1, 0, 10_000_000, 20, 0]
    assert [again[name] for name in FIELDS] == [1, 10, 5_000_000, 0, 0]


async def test_until_it_is_added_up_nothing_is_told(database: Database) -> None:
    """And it says so."""
    await apply(database.pool, given_by("alice", "rose", 10, DAY))

    found = await analytics(database.pool)

    assert (found["asOf"], found["totalGifts"], found["nodes"]) == (None, 0, [])


async def test_gifts_of_a_time_before_have_no_key(database: Database) -> None:
    """They are in every sum; told again with what was not kept then, they are the same gifts."""
    pool = database.pool
    gift = given_by("", "", 10, DAY)
    await apply(pool, gift)
    await apply(pool, altered(gift, sender_id="alice", item_id="rose"))
    await tick(pool, NOW)

    for by in ("GIFTER", "ITEM"):
        found = await analytics(pool, by=by)
        assert [(node["key"], node["gifts"]) for node in found["nodes"]] == [(None, 1)]


@pytest.mark.parametrize("other", [{"sender_id": "bob"}, {"item_id": "lion"}])
async def test_a_gift_of_somebody_else_is_another(database: Database, other: Any) -> None:
    """An event that tells a gift otherwise than before is set aside."""
    gift = given_by("alice", "rose", 10, DAY)
    await apply(database.pool, gift)
    batch = Batch(GIFT.name, [Received(altered(gift, **other), 0, 0, None)], 0)

    async with transaction(database.pool) as conn:
        await GiftHandler(now=lambda: NOW).apply(conn, batch)

    assert len(batch.set_aside_reasons) == 1


async def test_adding_up_again_adds_nothing(database: Database) -> None:
    """Without a newer mark there is nothing to add; two workers take turns."""
    pool = database.pool
    await apply(pool, given_by("alice", "rose", 10, DAY))
    await tick(pool, NOW)
    before = await analytics(pool)

    await transact(pool, fold_figures)
    await tick(pool, NOW)

    assert (await analytics(pool)) | {"asOf": None} == before | {"asOf": None}


async def test_what_commits_late_is_added_once(database: Database) -> None:
    """A transaction that is open while others are added up is in the next."""
    pool = database.pool
    async with pool.acquire() as late:
        uncommitted = late.transaction()
        await uncommitted.start()
        gift = given_by("late", "rose", 7, DAY, creator_id="star")
        batch = Batch(GIFT.name, [Received(gift, 0, 0, None)], 5)
        await GiftHandler(now=lambda: NOW).apply(late, batch)
        await apply(pool, given_by("early", "rose", 1, DAY, creator_id="other"))
        await tick(pool, NOW)
        before = await analytics(pool)
        await uncommitted.commit()
    await tick(pool, NOW + timedelta(hours=1))

    after = await analytics(pool, by="GIFTER")

    others = await pool.fetch("SELECT gifts FROM creator_figure WHERE creator_id = 'other'")
    assert [row["gifts"] for row in others] == [1, 1, 1], "what was known then is not added again"
    assert before["totalGifts"] == 0
    assert [(node["key"], node["coins"]) for node in after["nodes"]] == [("late", 7)]


@pytest.mark.parametrize(
    ("viewer", "by", "code"),
    [
        (None, "DAY", "UNAUTHENTICATED"),
        (Viewer("other", frozenset({"viewer", "creator"})), "DAY", "FORBIDDEN"),
        (Viewer("star", frozenset({"viewer"})), "DAY", "FORBIDDEN"),
        (Viewer("otto", frozenset({"operator:payouts"})), "DAY", None),
        (Viewer("otto", frozenset({"operator:payouts"})), "ITEM", None),
        (Viewer("otto", frozenset({"operator:payouts"})), "GIFTER", "FORBIDDEN"),
        (Viewer("olga", frozenset({"operator:audit"})), "GIFTER", None),
        (STAR, "GIFTER", None),
    ],
)
async def test_who_may_read(
    database: Database, viewer: Viewer | None, by: str, code: str | None
) -> None:
    """The creator and operators; who gave is shown to those who are shown gifts."""
    body = await run(database.pool, viewer, by=by)

    if code is None:
        assert body["data"]["creator"]["analytics"]["totalGifts"] == 0
    else:
        assert code in [error["extensions"]["code"] for error in body["errors"]]
        assert body["data"]["creator"]["analytics"] is None


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-05-01", "to": "2026-05-01"},
        {"from": "2026-05-02", "to": "2026-05-01"},
        {"from": "2026-01-01", "to": "2027-01-03"},
        {"from": "0001-01-01", "to": "9999-12-31"},
        {"from": "yesterday"},
        {"from": "2026-05-01T00:00:00Z"},
        {"by": "WEEK"},
        {"first": 0},
        {"first": 101},
        {"after": "nonsense"},
    ],
)
async def test_what_no_client_should_send(database: Database, asked: dict[str, Any]) -> None:
    """No days, too many, another form; a cursor that is none."""
    body = await run(database.pool, **asked)

    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_pages_are_all_gifters_once(database: Database, size: int) -> None:
    """Also of those who gave as much as each other, in whatever case they are written."""
    pool = database.pool
    givers = [("a", 5), ("B", 5), ("c", 5), ("d", 9), ("e", 1)]
    await apply(pool, *(given_by(name, "rose", coins, DAY) for name, coins in givers))
    await tick(pool, NOW)

    nodes = await walked(pool, by="GIFTER", first=size)

    assert [node["key"] for node in nodes] == ["d", "B", "a", "c", "e"]


async def test_a_cursor_is_of_its_list(database: Database) -> None:
    """One of gifters marks no day."""
    pool = database.pool
    await apply(pool, given_by("alice", "rose", 1, DAY), given_by("bob", "rose", 1, DAY))
    await tick(pool, NOW)
    cursor = (await analytics(pool, by="GIFTER", first=1))["pageInfo"]["endCursor"]

    body = await run(pool, by="DAY", after=cursor)

    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


# ------------------------------------------------------------------------- histories


@dataclass
class Model:
    """A list of gifts, each with what is left of it: added up anew for every question."""

    gifts: list[GiftSent] = field(default_factory=list[GiftSent])
    taken: list[GiftReversed] = field(default_factory=list[GiftReversed])
    given_back: list[GiftReversed] = field(default_factory=list[GiftReversed])

    def left(self, gift: GiftSent) -> int:
        return gift.price_coins - self.taken_of(gift)

    def taken_of(self, gift: GiftSent) -> int:
        return sum(
            each.coins * sign
            for listed, sign in ((self.taken, 1), (self.given_back, -1))
            for each in listed
            if each.gift_id == gift.gift_id
        )

    def figures(self, by: str, first: date, after: date) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(lambda: [0] * len(FIELDS))
        for gift in self.gifts:
            day = gift.sent_at.astimezone(UTC).date()
            if not first <= day < after:
                continue
            key = {"GIFTER": gift.sender_id, "ITEM": gift.item_id, "DAY": str(day)}[by]
            taken = self.taken_of(gift)
            left = gift.price_coins - taken
            for place, amount in enumerate((1, left, left * 500_000, taken, taken * 500_000)):
                found[key][place] += amount
        return dict(found)


def ordered(by: str, figures: dict[str, list[int]]) -> list[dict[str, Any]]:
    by_key = sorted(figures.items())
    if by != "DAY":
        by_key.sort(key=lambda item: -item[1][1])
    return [{"key": key, **dict(zip(FIELDS, amounts, strict=True))} for key, amounts in by_key]


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("give"),
            st.sampled_from(["alice", "bob", "Carl", "Änne"]),
            st.sampled_from(["rose", "lion", "Zoo"]),
            st.integers(1, 50),
            st.timedeltas(timedelta(0), timedelta(days=4)),
        ),
        st.tuples(st.just("take"), st.integers(0, 100), st.integers(1, 50)),
        st.tuples(st.just("give back"), st.integers(0, 100)),
        st.tuples(st.just("tick")),
    ),
    max_size=30,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=steps, cut=st.integers(1, 4))
async def test_figures_are_what_the_model_says(
    servers: Servers, history: list[Any], cut: int
) -> None:
    """Every breakdown, page by page; ranges that meet add up; and all of it is the account."""
    async with migrated(servers.postgres_dsn, "payouts.migrations", connections_max=4) as database:
        pool = database.pool
        async with transaction(pool) as conn:
            await publish_rates(conn, [a_rate()], now=NOW)
        model, now = Model(), NOW
        for step in history:
            match step:
                case ("give", sender, item, coins, since):
                    gift = given_by(sender, item, coins, DAY + since)
                    model.gifts.append(gift)
                    await apply(pool, gift)
                case ("take", place, coins) if model.gifts:
                    gift = model.gifts[place % len(model.gifts)]
                    if left := model.left(gift):
                        taken = reversed_(gift, min(coins, left))
                        model.taken.append(taken)
                        await apply(pool, taken)
                case ("give back", place) if model.taken:
                    taken = model.taken[place % len(model.taken)]
                    if taken not in model.given_back:
                        model.given_back.append(taken)
                        await apply(pool, reinstated(taken))
                case ("tick",):
                    now += timedelta(minutes=1)
                    await tick(pool, now)
                case _:
                    pass
        await tick(pool, now + timedelta(minutes=1))

        first, after = date(2026, 5, 10), date(2026, 5, 15)
        for by in ("GIFTER", "ITEM", "DAY"):
            days: dict[str, Any] = {"from": str(first), "to": str(after), "by": by}
            assert await walked(pool, **days) == ordered(by, model.figures(by, first, after))
        middle = first + timedelta(days=cut)
        halves = [
            await analytics(pool, **{"from": str(start), "to": str(end)})
            for start, end in ((first, middle), (middle, after))
        ]
        everything = await run(pool, STAR, **{"from": str(first), "to": str(after)})
        body = everything["data"]["creator"]
        whole = body["analytics"]
        for name in (f"total{name[0].upper()}{name[1:]}" for name in FIELDS):
            assert whole[name] == sum(half[name] for half in halves), name
        assert whole["totalMicroDiamonds"] == body["earnings"]["lifetime"]["microDiamonds"]
        assert whole["totalCoins"] == sum(model.left(gift) for gift in model.gifts)
