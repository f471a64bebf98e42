"""Random histories with charges that are undone end as the same histories without them (I11)."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine

from chassis.db import Pool, transact
from chassis.ids import uuid7
from chassis.testing.databases import migrated
from chassis.testing.plugin import Servers
from contracts.gifts.v1 import ChargeRequested
from wallet.commands import book_reversal, book_undos, settle_claims, settle_legs
from wallet.commands.expire_lots import expire_lots
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Disputed, Refunded
from wallet.domain.purchase import Purchase
from wallet.domain.reversal_policy import KINDS, ReversalPolicy, WaterfallLeg
from wallet.domain.settlement import Answer
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import ORDERED_AT, open_shop
from wallet.testing.charging import SettableClock, an_undo, charge
from wallet.testing.replay import replay
from wallet.testing.reversing import bought, claimed, tell

AT = ORDERED_AT + timedelta(days=40)
CREATORS = ("star", "moon")
SHRINKING_MAX_S = 8
"""A history of a few steps too many is read sooner than the shortest one is found."""


class Step(NamedTuple):
    """Something that happens."""

    what: str
    number: int
    which: int


STEPS = st.builds(
    Step,
    st.sampled_from(["buy", "refund", "dispute", "lose", "win", "expire"]),
    st.integers(1, 100),
    st.integers(0, 3),
)
GIFTS = st.builds(Step, st.just("give"), st.integers(1, 120), st.integers(0, 1))
HISTORIES = st.lists(
    st.one_of(
        STEPS.map(lambda step: [step]),
        GIFTS.map(lambda gift: [gift]),
        st.tuples(GIFTS, st.lists(STEPS, max_size=4)).map(
            lambda block: [block[0]._replace(what="regret"), *block[1], Step("undo", 0, 0)]
        ),
    ),
    max_size=8,
).map(lambda blocks: [step for block in blocks for step in block])
"""Between a gift that is undone and its end no other is given: it would be of other lots."""

RETURNED_TWICE = [
    Step("buy", 67, 0),
    Step("give", 81, 0),
    Step("regret", 1, 0),
    Step("lose", 1, 0),
    Step("buy", 32, 0),
    Step("expire", 1, 0),
    Step("win", 1, 0),
    Step("undo", 0, 0),
]
"""The bonus of the second purchase has repaid what was owed of both lots of the first, and has
expired when both are given back."""

LEGS = """
SELECT reversal_id, position, cause_id, party, coins
FROM (
    SELECT 0 AS turn, r.seq, l.reversal_id, l.position, r.reversal_id AS cause_id, l.party, l.coins
    FROM reversal_leg AS l INNER JOIN reversal AS r USING (reversal_id)
    WHERE l.kind = 'creator_unmatured'
    UNION ALL
    SELECT 1, i.seq, l.reversal_id, l.position, i.reinstatement_id, l.party, b.coins
    FROM reinstatement_leg AS b
    INNER JOIN reinstatement AS i USING (reinstatement_id)
    INNER JOIN reversal_leg AS l USING (reversal_id, position)
    WHERE l.kind = 'creator_unmatured'
) AS legs
WHERE party LIKE '%-' || $1
ORDER BY turn, seq, position
"""
"""Of creators who were given something by a payer: what they were asked for, then given back."""
TAKEN = """
SELECT
    CASE WHEN l.kind IN ('expired', 'repaid') THEN 'unspent' ELSE l.kind END,
    l.lot_id,
    split_part(nullif(l.party, p.user_id), '-', 1),
    sum(l.coins - coalesce(b.coins, 0))
FROM purchase AS p
INNER JOIN reversal AS r USING (purchase_id)
INNER JOIN reversal_leg AS l USING (reversal_id)
LEFT JOIN LATERAL (
    SELECT sum(coins) AS coins FROM reinstatement_leg
    WHERE reversal_id = l.reversal_id AND position = l.position
) AS b ON true
WHERE p.user_id = $1
GROUP BY 1, 2, 3
HAVING sum(l.coins - coalesce(b.coins, 0)) <> 0
"""
"""Coins that were taken in the wallet, had expired there, or had repaid a debt that is owed again
are nobody's loss: an undo after the expiry books as expired what would have been taken before."""
REPAID = """
SELECT lot_id, sum(CASE kind WHEN 'repaid' THEN coins ELSE -coins END)
FROM debt_entry
WHERE account_id = $1 AND kind IN ('repaid', 'returned', 'undone')
GROUP BY lot_id
HAVING sum(CASE kind WHEN 'repaid' THEN coins ELSE -coins END) <> 0
"""
"""By lot. Of two debts one is forgiven, or the other was repaid and that comes back, which is the
same: what has repaid debt counts as if it were still there, and owed."""
EARNED = """
SELECT split_part(party, '-', 1), sum(coins)
FROM (
    SELECT order_key AS party, -coins AS coins
    FROM movement
    WHERE account_id = $1 AND kind = 'charge' AND outcome = 'posted'
    UNION ALL
    SELECT l.party, -(l.coins - coalesce(b.coins, 0))
    FROM reversal_leg AS l
    LEFT JOIN LATERAL (
        SELECT sum(coins) AS coins FROM reinstatement_leg
        WHERE reversal_id = l.reversal_id AND position = l.position
    ) AS b ON true
    WHERE l.party LIKE '%-' || $2 AND l.kind = 'creator_unmatured'
) AS legs
GROUP BY 1
HAVING sum(coins) <> 0
"""


def a_policy(*kinds: str) -> ReversalPolicy:
    """Nobody has a limit, so that what each bears of one purchase has no say in another."""
    legs: list[Any] = [WaterfallLeg(kind) for kind in ("unspent", *kinds, "platform_loss")]  # pyright: ignore[reportArgumentType]
    return ReversalPolicy(
        1, ORDERED_AT - timedelta(days=1), 1_000_000, {kind: tuple(legs) for kind in KINDS}
    )


class History:
    """A wallet to which steps happen; what is undone in it is left out where `skips`."""

    def __init__(self, pool: Pool, payer: str, *, skips: bool) -> None:
        self.pool = pool
        self.payer = payer
        self.skips = skips
        self.clock = SettableClock(AT)
        self.worker = OnChargeRequested(now=self.clock)
        self.purchases: list[Purchase] = []
        self.totals: dict[int, int] = {}
        self.stages: dict[int, str] = {}
        self.regretted: ChargeRequested | None = None

    async def happen(self, step: Step) -> None:
        self.clock.advance(timedelta(minutes=1))
        match step.what:
            case "buy":
                self.purchases.append(
                    await bought(
                        self.pool,
                        at=self.clock.at,
                        user_id=self.payer,
                        coins=step.number,
                        bonus_coins=step.number // 4,
                        bonus_expires_after_days=1 + step.which,
                        amount_minor=100,
                    )
                )
            case "give":
                await self._charge(step)
            case "regret":
                self.regretted = None if self.skips else await self._charge(step)
            case "undo":
                if self.regretted is not None:
                    undo = an_undo(self.regretted, at=self.clock.at)
                    await charge(self.pool, self.worker, [undo, undo])
                self.regretted = None
            case "expire":
                self.clock.advance(timedelta(days=1))
                await transact(
                    self.pool, lambda conn: expire_lots(conn, at=self.clock.at, lots_max=100)
                )
            case _:
                if self.purchases:
                    await self._claim(step, step.which % len(self.purchases))

    async def _charge(self, step: Step) -> ChargeRequested:
        request = ChargeRequested(
            charge_id=uuid7(),
            payer_id=self.payer,
            order_key=f"{CREATORS[step.which]}-{self.payer}",
            coins=step.number,
        )
        await charge(self.pool, self.worker, [request])
        return request

    async def _claim(self, step: Step, place: int) -> None:
        if step.what == "refund":
            self.totals[place] = max(self.totals.get(place, 0), step.number)
            telling = Refunded(self.totals[place], 0)
        else:
            before = self.stages.get(place)
            stage = {"dispute": "opened", "lose": "lost", "win": "won"}[step.what]
            if before in ("lost", "won") and stage != "won":
                return
            self.stages[place] = stage
            telling = Disputed("d", stage, 60, 0)  # pyright: ignore[reportArgumentType]
        await tell(self.pool, claimed(self.purchases[place], telling), at=self.clock.at)

    async def settle(self) -> None:
        """Payouts says of all legs that the creators bear them, in the order in which they came."""
        rows = await self.pool.fetch(LEGS, self.payer)
        told = [Answer(row[0], row[1], row[2], row[3], row[4], 0) for row in rows]
        impossible = await transact(
            self.pool,
            lambda conn: settle_legs.settle_legs(conn, told, shard=0, at=self.clock.at),
        )
        assert impossible == {}

    async def ended(self) -> dict[str, Any]:
        """How everybody stands; lots by their place, since the two wallets have their own."""
        account = await self.pool.fetchrow(
            "SELECT credits_coins - debits_coins, debt_coins, lot_ids, lot_coins, account_id"
            " FROM account WHERE owner_id = $1",
            self.payer,
        )
        if account is None:
            return {"coins": 0, "debt": 0, "lots": {}, "taken": [], "earned": []}
        lots = await self.pool.fetch(
            "SELECT lot_id FROM lot WHERE account_id = $1 ORDER BY lot_id", account[4]
        )
        places = {row[0]: place for place, row in enumerate(lots)}
        taken = await self.pool.fetch(TAKEN, self.payer)
        earned = await self.pool.fetch(EARNED, account[4], self.payer)
        there = Counter(dict(zip(account[2], account[3], strict=True)))
        repaid = {row[0]: row[1] for row in await self.pool.fetch(REPAID, account[4])}
        there.update({lot_id: int(coins) for lot_id, coins in repaid.items()})
        return {
            "coins": account[0] - account[1],
            "debt": account[1] + sum(repaid.values()),
            "lots": {places[lot_id]: coins for lot_id, coins in there.items()},
            "taken": sorted((row[0], places[row[1]], row[2] or "", row[3]) for row in taken),
            "earned": sorted(tuple(row) for row in earned),
        }


@pytest.mark.parametrize(
    "bearers",
    [("payer_debt",), ("creator_unmatured",), ("reserve",)],
    ids=["the payer owes", "creators lose", "the reserve loses"],
)
def test_what_was_undone_never_was(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, bearers: Sequence[str]
) -> None:
    """Coins, lots, debt, who bore what was taken back of payments, and what creators earned."""
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", SHRINKING_MAX_S)
    for command in (book_reversal, book_undos, settle_claims, settle_legs):
        monkeypatch.setattr(command, "published_policies", lambda: [a_policy(*bearers)])
    with asyncio.Runner() as runner:
        opened = migrated(servers.postgres_dsn, "wallet.migrations")
        pool = runner.run(opened.__aenter__()).pool
        try:
            runner.run(open_shop(pool))
            numbers = iter(range(10**6))

            @given(HISTORIES)
            @example(RETURNED_TWICE)
            @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
            def check(steps: list[Step]) -> None:
                number = next(numbers)
                runner.run(_compare(pool, number, steps))

            check()
            runner.run(assert_books_balance(pool))
            assert runner.run(replay(pool)) == []
        finally:
            runner.run(opened.__aexit__(None, None, None))


async def _compare(pool: Pool, number: int, steps: Sequence[Step]) -> None:
    with_undone = History(pool, f"with{number}", skips=False)
    without = History(pool, f"without{number}", skips=True)
    for step in steps:
        await with_undone.happen(step)
        await without.happen(step)
    await with_undone.settle()
    await without.settle()
    assert await with_undone.ended() == await without.ended()
